//! `sojourn user`: the people who sign in.

use std::io::{BufRead as _, IsTerminal as _};

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};

use super::{DatabaseOptions, Error, the_system, the_tenant};
use crate::clock::Clock;
use crate::db::{Db, commit};
use crate::hospital::passphrase::{Hasher, Passphrase};
use crate::hospital::people::{self, NewPerson, Roles};
use crate::hospital::sign_in_names::SignInName;
use crate::hospital::tenants::{self, NewTenant, Tenant, TimeZone};
use crate::journey::ids::Id as _;
use crate::journey::words::{ActorType, Role, Word};
use crate::record::Recorder;

/// What can be done with the people who sign in.
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Add a person, and with --hospital the first hospital; the passphrase is read from standard input
    Add(AddUser),
    /// Give a person these roles instead of those they had
    Roles {
        /// What they sign in with
        name: SignInName,
        /// What they may do, such as doctor,manager
        #[arg(required = true, value_delimiter = ',', value_parser = role)]
        roles: Vec<Role>,
        #[command(flatten)]
        database: DatabaseOptions,
    },
    /// Set a person's passphrase, read from standard input, and end their sessions
    Passwd {
        /// What they sign in with
        name: SignInName,
        #[command(flatten)]
        passphrase: TypedPassphrase,
        #[command(flatten)]
        database: DatabaseOptions,
    },
}

/// What is said of a person to add.
#[derive(Args, Debug)]
pub struct AddUser {
    /// What they sign in with
    name: SignInName,
    /// What they may do, such as doctor,manager
    #[arg(long, required = true, value_delimiter = ',', value_parser = role)]
    roles: Vec<Role>,
    /// What others call them [default: the name they sign in with]
    #[arg(long, value_name = "NAME")]
    display: Option<String>,
    /// HUMAN, AI or SYSTEM; programs get no passphrase but a token
    #[arg(long, default_value = "HUMAN", value_parser = word::<ActorType>)]
    actor_type: ActorType,
    /// The hospital they work in, by its id or name, when there are several
    #[arg(long)]
    tenant: Option<String>,
    /// Found the first hospital by this name
    #[arg(long, value_name = "NAME", conflicts_with = "tenant")]
    hospital: Option<String>,
    /// The first hospital's time zone
    #[arg(long, default_value = "Asia/Kolkata", requires = "hospital")]
    time_zone: TimeZone,
    /// The first hospital's currency
    #[arg(long, default_value = "INR", requires = "hospital")]
    currency: String,
    #[command(flatten)]
    passphrase: TypedPassphrase,
    #[command(flatten)]
    database: DatabaseOptions,
}

/// A passphrase from the environment, or else from standard input.
#[derive(Args)]
pub struct TypedPassphrase {
    // No flag: what is typed as one is seen by everybody on the machine.
    #[arg(skip = std::env::var("SOJOURN_PASSPHRASE").ok())]
    given: Option<String>,
}

impl std::fmt::Debug for TypedPassphrase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TypedPassphrase")
    }
}

impl TypedPassphrase {
    fn read(self, name: &SignInName) -> Result<Passphrase, Error> {
        let typed = match self.given {
            Some(given) => given,
            None if std::io::stdin().is_terminal() => rpassword::prompt_password(format!("Passphrase for {name}: "))?,
            None => {
                let mut typed = String::new();
                std::io::stdin().lock().read_line(&mut typed)?;
                typed.trim_end_matches(['\r', '\n']).to_owned()
            }
        };
        Ok(Passphrase::parse(&typed, name.as_str())?)
    }
}

fn word<W: Word>(text: &str) -> Result<W, String> {
    let word = text.trim().to_ascii_uppercase().replace([' ', '-'], "_");
    W::from_word(&word).ok_or_else(|| {
        let words: Vec<String> = W::ALL.iter().map(|value| value.word().to_ascii_lowercase()).collect();
        format!("must be one of: {}", words.join(", "))
    })
}

fn role(text: &str) -> Result<Role, String> {
    word(text)
}

/// Does what was asked, and says so.
pub async fn run(command: UserCommand) -> Result<(), Error> {
    let db = match &command {
        UserCommand::Add(AddUser { database, .. })
        | UserCommand::Roles { database, .. }
        | UserCommand::Passwd { database, .. } => database.open().await?,
    };
    let done = match command {
        UserCommand::Add(user) => add(&db, user, Clock::system().now()).await,
        UserCommand::Roles { name, roles, .. } => change_roles(&db, name, roles.into_iter().collect()).await,
        UserCommand::Passwd { name, passphrase, .. } => set_passphrase(&db, name, passphrase).await,
    };
    db.close().await;
    println!("{}", done?);
    Ok(())
}

async fn change_roles(db: &Db, name: SignInName, roles: Roles) -> Result<String, Error> {
    let known = people::credentials(db, &name).await?.ok_or_else(|| Error::UnknownUser(name.clone()))?;
    let tenant = the_tenant(db, Some(known.tenant_id.as_str())).await?;
    let actor = the_system(db, &tenant).await?;
    Recorder::new(db.clone(), Clock::system()).change_roles(&tenant, &actor, &known.person, roles).await?;
    Ok(format!("{name} has these roles from the next request on."))
}

async fn set_passphrase(db: &Db, name: SignInName, typed: TypedPassphrase) -> Result<String, Error> {
    let known = people::credentials(db, &name).await?.ok_or_else(|| Error::UnknownUser(name.clone()))?;
    let hash = Hasher::default().hash(typed.read(&name)?).await?;
    let tenant = the_tenant(db, Some(known.tenant_id.as_str())).await?;
    let actor = the_system(db, &tenant).await?;
    Recorder::new(db.clone(), Clock::system()).reset_passphrase(&tenant, &actor, &known.person.id, &hash).await?;
    Ok(format!("{name} has a new passphrase, and is signed out everywhere."))
}

/// Adds a person, in a hospital founded for it if need be.
async fn add(db: &Db, user: AddUser, now: DateTime<Utc>) -> Result<String, Error> {
    let tenant = which_tenant(db, &user).await?;
    let passphrase_hash = match user.actor_type {
        ActorType::Human => Some(Hasher::default().hash(user.passphrase.read(&user.name)?).await?),
        ActorType::Ai | ActorType::System => None,
    };
    let new = NewPerson {
        sign_in_name: Some(user.name.clone()),
        actor_type: user.actor_type,
        passphrase_hash,
        ..NewPerson::named(user.display.unwrap_or_else(|| user.name.to_string()), user.roles)
    };
    let mut tx = db.begin().await?;
    let tenant = match tenant {
        Place::In(tenant) => tenant,
        Place::Founding(new) => tenants::found(&mut tx, new, now).await?,
    };
    let recorder = Recorder::new(db.clone(), Clock::system());
    let person = recorder.add_person(&mut tx, &tenant, None, new).await?;
    commit(tx).await?;
    Ok(format!("{} ({}) works in {} now.", person.name, user.name, tenant.name))
}

/// Where a person is added.
enum Place {
    In(Tenant),
    Founding(NewTenant),
}

async fn which_tenant(db: &Db, user: &AddUser) -> Result<Place, Error> {
    let tenants = tenants::list(db).await?;
    if let Some(name) = &user.hospital {
        if !tenants.is_empty() {
            return Err(Error::HospitalExists);
        }
        let new = NewTenant { name: name.clone(), currency: user.currency.clone(), time_zone: user.time_zone };
        return Ok(Place::Founding(new));
    }
    the_tenant(db, user.tenant.as_deref()).await.map(Place::In)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_typed_as_people_write_them() {
        assert_eq!(role("doctor"), Ok(Role::Doctor));
        assert_eq!(role("Billing-Clerk"), Ok(Role::BillingClerk));
        assert_eq!(role("LAB_TECHNICIAN"), Ok(Role::LabTechnician));
        assert!(role("surgeon").is_err_and(|problem| problem.contains("pathologist")));
    }
}
