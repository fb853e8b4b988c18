//! Which addresses may be called at all, so that nobody has the server call what only the server can reach.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// Where clouds answer the machines in them, beside the link-local addresses.
const METADATA: [IpAddr; 2] =
    [IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)), IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254))];

/// Whether an address is ever called: no link-local one, where clouds tell secrets, and none that names no machine.
pub fn may_be_called(address: IpAddr) -> bool {
    let address = address.to_canonical();
    let link_local = match address {
        IpAddr::V4(address) => address.is_link_local() || address.is_broadcast() || address.octets()[0] == 0,
        IpAddr::V6(address) => address.is_unicast_link_local(),
    };
    !(link_local || address.is_unspecified() || address.is_multicast() || METADATA.contains(&address))
}

/// Whether an address belongs to this machine or this house.
pub fn is_near(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => address.is_loopback() || address.is_private(),
        IpAddr::V6(address) => address.is_loopback() || address.is_unique_local(),
    }
}

/// The address that a URL names by its numbers, if it does.
pub fn literal(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Domain(_) => None,
        Host::Ipv4(address) => Some(address.into()),
        Host::Ipv6(address) => Some(address.into()),
    }
}

/// Reads where events shall go: a URL of one of some schemes, with a host that may be called and nothing secret in it.
pub fn read(text: &str, schemes: &[&str]) -> Result<Url, String> {
    let shown = schemes.iter().map(|scheme| format!("{scheme}://")).collect::<Vec<_>>().join(" or ");
    let url = Url::parse(text).ok().filter(|url| schemes.contains(&url.scheme()) && url.has_host());
    let url = url.ok_or_else(|| format!("must be an absolute URL that begins with {shown}"))?;
    if !url.username().is_empty() || url.password().is_some() {
        Err("must not hold a name or password: the target is shown in lists".to_owned())
    } else if url.fragment().is_some() {
        Err("must not end in a fragment".to_owned())
    } else if literal(&url).is_some_and(|address| !may_be_called(address)) {
        Err("must not be a link-local, multicast or unspecified address".to_owned())
    } else {
        Ok(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_the_machine_can_reach_is_not_called() {
        for bad in [
            "http://169.254.169.254/latest/meta-data",
            "http://[::ffff:169.254.169.254]/",
            "http://2852039166/",
            "http://0xa9fea9fe/",
            "http://0.0.0.0:3000/",
            "http://0/",
            "http://[::]/",
            "http://[fe80::1]/",
            "http://[fd00:ec2::254]/",
            "http://100.100.100.200/",
            "http://224.0.0.1/",
            "http://255.255.255.255/",
            "http://user:secret@hooks.example/",
            "http://user@hooks.example/",
            "http://hooks.example/#part",
            "ftp://hooks.example/",
            "file:///etc/passwd",
            "http://",
            "hooks.example",
            "",
        ] {
            assert!(read(bad, &["http", "https"]).is_err(), "{bad}");
        }
        for good in
            ["https://hooks.example/a?b=c", "http://127.0.0.1:8080/", "http://10.1.2.3/", "https://[2001:db8::1]/"]
        {
            assert!(read(good, &["http", "https"]).is_ok(), "{good}");
        }
    }

    #[test]
    fn near_is_this_machine_and_this_house() {
        let near = |text: &str| is_near(text.parse().expect("an address"));
        for address in ["127.0.0.1", "10.0.0.1", "172.31.255.255", "192.168.1.1", "::1", "fd12::1", "::ffff:10.0.0.1"] {
            assert!(near(address), "{address}");
        }
        for address in ["8.8.8.8", "172.32.0.1", "2001:db8::1", "::ffff:8.8.8.8"] {
            assert!(!near(address), "{address}");
        }
    }
}
