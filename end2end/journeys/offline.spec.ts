import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import AxeBuilder from "@axe-core/playwright";
import { type Browser, type Page, expect, test } from "@playwright/test";
import { type Look, keepsShell, kept, signIn, signInOn } from "./hospital.ts";

const binary = process.env.SOJOURN_BINARY ?? fileURLToPath(new URL("../../target/debug/sojourn", import.meta.url));
const ROLES = "receptionist,nurse,doctor,billing_clerk,lab_technician,pathologist,manager,admin,auditor";

test.describe.configure({ mode: "default" });

/** A hospital of its own, whose server may be killed. */
class Hospital {
  private process?: ChildProcess;
  private token = "";
  private constructor(readonly address: string, private readonly database: string) {}

  static async open(): Promise<Hospital> {
    const port = await new Promise<number>((resolve) => {
      const probe = createServer().listen(0, "127.0.0.1", () => {
        const { port } = probe.address() as { port: number };
        probe.close(() => resolve(port));
      });
    });
    const database = `sqlite:${join(mkdtempSync(join(tmpdir(), "sojourn-offline-")), "hospital.sqlite")}`;
    const hospital = new Hospital(`127.0.0.1:${port}`, database);
    await hospital.start();
    // The server may write at what it begins with for longer than another program waits.
    await expect(async () => {
      hospital.run("user", "roles", "manager", ROLES);
      hospital.token = hospital.run("token", "create", "--user", "manager").trim();
    }).toPass({ timeout: 60_000 });
    return hospital;
  }

  get look() {
    return { baseURL: `http://${this.address}`, viewport: { width: 1180, height: 820 } };
  }

  async start() {
    const options = ["serve", "--demo", "--listen", this.address, "--database-url", this.database];
    this.process = spawn(binary, options, { stdio: "ignore" });
    await expect(async () => expect((await fetch(`http://${this.address}/readyz`)).ok).toBe(true)).toPass({ timeout: 60_000 });
  }

  async kill() {
    const process = this.process;
    if (!process) return;
    const gone = new Promise((resolve) => process.once("exit", resolve));
    process.kill("SIGKILL");
    await gone;
    this.process = undefined;
  }

  private run(...words: string[]): string {
    return execFileSync(binary, words, { env: { ...process.env, SOJOURN_DATABASE_URL: this.database }, encoding: "utf8" });
  }

  async ask(path: string, body?: unknown) {
    const response = await fetch(`http://${this.address}/api/v1${path}`, {
      method: body ? "POST" : "GET",
      headers: { authorization: `Bearer ${this.token}`, "content-type": "application/json" },
      body: body && JSON.stringify(body),
    });
    const answer = await response.json();
    expect(response.ok, JSON.stringify(answer)).toBe(true);
    return answer;
  }

  /** A patient who comes for one urgent test. */
  async order(patient: string, code = "CBC") {
    const { id: patientId } = await this.ask("/patients", { name: patient, sex: "FEMALE" });
    const registration = { patientId, visitType: "LAB_ONLY", priority: "EMERGENCY" };
    const { visitId } = await this.ask("/events", { eventType: "VISIT_REGISTERED", metadata: registration });
    const testId = visitId.slice(0, 20) + "TEST00";
    const ordered = { testId, code, name: "Complete blood count", price: 35000, specimen: "EDTA blood" };
    await this.ask("/events", { visitId, eventType: "TESTS_ORDERED", metadata: { tests: [ordered] } });
    return { visitId: visitId as string, testId };
  }

  log(visitId: string, eventType: string, metadata: unknown) {
    return this.ask("/events", { visitId, eventType, metadata });
  }

  async events(visitId: string): Promise<{ eventType: string; performedAt: string; recordedAt: string; performedBy: string }[]> {
    return (await this.ask(`/visits/${visitId}/events`)).events;
  }

  async steps(visitId: string) {
    return (await this.events(visitId)).map(({ eventType }) => eventType);
  }
}

const work = (page: Page, patient: string) => page.locator(".work", { hasText: patient });
const outbox = (page: Page) => page.locator("#outbox");
const isOffline = (page: Page) => expect(page.locator("#known-at")).toContainText("No network: this is what was known at");

/** Opens the laboratory and waits until the tablet keeps the shell, and the worklist with a patient. */
async function openLab(page: Page, address: string, patient: string) {
  await page.goto(address);
  await expect(work(page, patient)).toBeVisible();
  await keepsShell(page);
  await expect(async () => expect((await kept(page)).database).toContain(patient)).toPass({ timeout: 60_000 });
}

/** A technician at a tablet, with a patient whose specimen is to be collected. */
async function collecting(browser: Browser, patient: string, look: Look = {}) {
  const ordered = await hospital.order(patient);
  const lab = await signIn(browser, "lab", { ...hospital.look, ...look });
  await openLab(lab, "/lab?stage=collect", patient);
  return { lab, ...ordered };
}

let hospital: Hospital;
test.beforeAll(async () => {
  hospital = await Hospital.open();
});
test.afterAll(() => hospital.kill());

test("without network it is collected and started, and sent once and in order when the network is back", async ({ browser }) => {
  const patient = "Offline Asha";
  const { lab, visitId } = await collecting(browser, patient);

  await lab.context().setOffline(true);
  const sample = await work(lab, patient).locator("[name=sampleId]").inputValue();
  await work(lab, patient).getByRole("button", { name: "Collect" }).click();
  await isOffline(lab);
  await expect(outbox(lab)).toContainText("1 not sent");
  await lab.getByRole("link", { name: "Collected" }).click();
  await work(lab, patient).getByRole("button", { name: "Start" }).click();
  await expect(outbox(lab)).toContainText("2 not sent");
  await expect(work(lab, patient)).toHaveCount(0);
  const done = Date.now();

  await lab.reload();
  await isOffline(lab);
  await expect(outbox(lab)).toContainText("2 not sent");
  const scan = lab.getByRole("searchbox", { name: "Scan or type a sample id" });
  await scan.fill("S-none");
  await scan.press("Enter");
  await expect(lab.getByText("No test has this sample")).toBeVisible();
  await scan.fill(sample);
  await scan.press("Enter");
  await expect(work(lab, patient).getByRole("button", { name: "Enter results" })).toBeVisible();
  await lab.goto("/lab?stage=running");
  await isOffline(lab);
  await expect(work(lab, patient)).toBeVisible();
  const beside = await lab.context().newPage();
  await beside.goto("/lab");
  await expect(outbox(beside)).toContainText("2 not sent");

  // Meanwhile the visit goes on in a way that is nothing to the test.
  await hospital.log(visitId, "VITALS_RECORDED", { pulse: 88 });
  await lab.waitForTimeout(1_500);
  await lab.context().setOffline(false);
  await expect(lab).toHaveURL(/\/lab\?stage=running$/, { timeout: 60_000 });
  await expect(work(lab, patient)).toBeVisible();
  await expect(outbox(lab)).toHaveCount(0);
  await expect(outbox(beside)).toHaveCount(0);

  const events = await hospital.events(visitId);
  expect(events.map(({ eventType }) => eventType)).toEqual([
    "VISIT_REGISTERED", "TESTS_ORDERED", "VITALS_RECORDED", "TEST_SAMPLE_COLLECTED", "TEST_IN_PROGRESS",
  ]);
  for (const event of events.slice(-2)) {
    expect(Date.parse(event.performedAt)).toBeLessThanOrEqual(done + 100);
    expect(Date.parse(event.recordedAt) - Date.parse(event.performedAt)).toBeGreaterThan(1_000);
  }
  await lab.context().close();
});

test("without a server results are typed, kept as a draft, completed, and sent when it is back", async ({ browser }) => {
  const patient = "Unserved Bela";
  const { visitId, testId } = await hospital.order(patient);
  await hospital.log(visitId, "TEST_SAMPLE_COLLECTED", { testId });
  await hospital.log(visitId, "TEST_IN_PROGRESS", { testId });
  const lab = await signIn(browser, "lab", hospital.look);
  await openLab(lab, "/lab?stage=running", patient);

  // What is typed is compared as it is typed, with the server or without it.
  const values = work(lab, patient).locator('input[name$=".value"]');
  await work(lab, patient).getByRole("link", { name: "Enter results" }).click();
  await values.first().fill("9.1");
  await expect(work(lab, patient).locator(".tag", { hasText: "Low" })).toBeVisible();
  await lab.goto("/lab?stage=running");
  await openLab(lab, "/lab?stage=running", patient);

  await hospital.kill();
  await work(lab, patient).getByRole("link", { name: "Enter results" }).click();
  await isOffline(lab);
  await values.first().fill("9.1");
  await expect(work(lab, patient).locator(".tag", { hasText: "Low" })).toBeVisible();
  await lab.reload();
  await expect(values.first()).toHaveValue("9.1");
  for (const value of (await values.all()).slice(1)) await value.fill("200");
  await work(lab, patient).getByRole("button", { name: "Complete the test" }).click();
  await expect(outbox(lab)).toContainText("1 not sent");
  await expect(work(lab, patient)).toHaveCount(0);

  await hospital.start();
  await expect(outbox(lab)).toHaveCount(0, { timeout: 60_000 });
  await expect(lab).toHaveURL(/\/lab\?stage=running/, { timeout: 60_000 });
  expect((await hospital.steps(visitId)).slice(-1)).toEqual(["TEST_COMPLETED"]);
  await lab.context().close();
});

test("a name typed over the one that was given is in the draft", async ({ browser }) => {
  const patient = "Renamed Lila";
  const { visitId, testId } = await hospital.order(patient, "OWN-1");
  await hospital.log(visitId, "TEST_SAMPLE_COLLECTED", { testId });
  await hospital.log(visitId, "TEST_IN_PROGRESS", { testId });
  const lab = await signIn(browser, "lab", hospital.look);
  await openLab(lab, "/lab?stage=running", patient);
  const analyte = work(lab, patient).locator('input[name="results[0].analyte"]');
  await work(lab, patient).getByRole("link", { name: "Enter results" }).click();
  await expect(analyte).toHaveValue("Complete blood count");
  await analyte.fill("Reticulocytes");
  await expect(async () => expect((await kept(lab)).database).toContain("Reticulocytes")).toPass({ timeout: 60_000 });
  await lab.goto("/lab?stage=running");
  await work(lab, patient).getByRole("link", { name: "Enter results" }).click();
  await expect(analyte).toHaveValue("Reticulocytes");
  await lab.context().close();
});

test("results typed survive a network that is lost between the look for the server and the sending", async ({ browser }) => {
  const patient = "Between Hari";
  const { visitId, testId } = await hospital.order(patient);
  await hospital.log(visitId, "TEST_SAMPLE_COLLECTED", { testId });
  await hospital.log(visitId, "TEST_IN_PROGRESS", { testId });
  const lab = await signIn(browser, "lab", { ...hospital.look, serviceWorkers: "block" });
  await lab.goto("/lab?stage=running");
  await work(lab, patient).getByRole("link", { name: "Enter results" }).click();
  const values = work(lab, patient).locator('input[name$=".value"]');
  for (const value of await values.all()) await value.fill("9.17");
  await expect(work(lab, patient).locator(".tag", { hasText: "Low" }).first()).toBeVisible();
  const lost = (url: URL) => url.pathname === "/lab";
  await lab.route(lost, (route) => (route.request().method() === "POST" ? route.abort() : route.continue()));
  const failed = lab.waitForEvent("requestfailed", (request) => request.method() === "POST");
  await work(lab, patient).getByRole("button", { name: "Complete the test" }).click();
  await failed;
  await lab.unroute(lost);

  await lab.goto("/lab?stage=running");
  await work(lab, patient).getByRole("link", { name: "Enter results" }).click();
  await expect(values.first()).toHaveValue("9.17");
  await work(lab, patient).getByRole("button", { name: "Complete the test" }).click();
  await expect(lab.locator(".notice-success")).toContainText(patient);
  await expect(async () => expect((await kept(lab)).database).not.toContain("9.17")).toPass({ timeout: 60_000 });
  await lab.context().close();
});

test("what may not follow any more is refused with its reason, and settled", async ({ browser }) => {
  const patient = "Cancelled Chitra";
  const { lab, visitId, testId } = await collecting(browser, patient);
  await lab.context().setOffline(true);
  await work(lab, patient).getByRole("button", { name: "Collect" }).click();
  await isOffline(lab);
  await lab.getByRole("link", { name: "Collected" }).click();
  await work(lab, patient).getByRole("button", { name: "Start" }).click();
  await expect(outbox(lab)).toContainText("2 not sent");
  await hospital.log(visitId, "TEST_CANCELLED", { testId, reason: "Ordered twice" });
  await lab.context().setOffline(false);

  await expect(lab).toHaveURL(/\/lab(\?|$)/, { timeout: 60_000 });
  await expect(outbox(lab)).toContainText("Complete blood count is cancelled; it must be ordered for this.");
  await expect(outbox(lab)).toContainText("waits for the step before it");
  const visit = await outbox(lab).getByRole("link", { name: "Look at the visit" }).getAttribute("href");
  expect(visit).toBe(`/visits/${visitId}`);
  await lab.goto("/patients");
  await expect(outbox(lab)).toContainText("2 not sent");
  await outbox(lab).getByRole("button", { name: "Discard" }).click();
  await expect(outbox(lab)).toHaveCount(0);
  expect(await hospital.steps(visitId)).toEqual(["VISIT_REGISTERED", "TESTS_ORDERED", "TEST_CANCELLED"]);
  await lab.context().close();
});

test("a step sent twice is logged once, and somebody else’s is not taken", async ({ browser }) => {
  const { visitId, testId } = await hospital.order("Twice Dalia");
  const lab = await signIn(browser, "lab", hospital.look);
  await lab.goto("/lab");
  const answers = await lab.evaluate(
    async ({ visitId, testId }) => {
      const { person, visits } = await (await fetch("/lab/worklist", { headers: { accept: "application/json" } })).json();
      const deed = {
        id: "01JAAAAAAAAAAAAAAAAAAAAAAA", person, visitId, eventType: "TEST_SAMPLE_COLLECTED", metadata: { testId },
        performedAt: Date.now(), expectedVersion: visits.find(({ id }: { id: string }) => id === visitId).visit.version,
      };
      const send = async (deed: unknown) =>
        (await fetch("/lab/steps", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(deed) })).status;
      const both = (await Promise.all([send(deed), send(deed)])).sort();
      const others = { ...deed, id: "01JAAAAAAAAAAAAAAAAAAAAAAB", person: "01JAAAAAAAAAAAAAAAAAAAAAAB" };
      return [...both, await send(deed), await send(others)];
    },
    { visitId, testId },
  );
  expect(answers).toEqual([200, 201, 200, 403]);
  expect(await hospital.steps(visitId)).toEqual(["VISIT_REGISTERED", "TESTS_ORDERED", "TEST_SAMPLE_COLLECTED"]);
  await lab.context().close();
});

test("the caches hold no patient, and signing out leaves nothing", async ({ browser }) => {
  const patient = "Purged Esha";
  const { lab } = await collecting(browser, patient);
  await lab.reload();
  const before = await kept(lab);
  expect(before.caches).toContain("/lab/offline");
  expect(before.caches).not.toContain(patient);
  expect(before.caches).not.toContain("Imran Shaikh");

  // Somebody else signs in on the same tablet: what it knew for the first is gone.
  await signInOn(lab, "reception");
  await expect(async () => expect((await kept(lab)).database).toBe("")).toPass({ timeout: 60_000 });
  await lab.context().close();

  const again = await signIn(browser, "lab", hospital.look);
  await openLab(again, "/lab?stage=collect", patient);
  await again.locator(".account summary").click();
  await again.getByRole("button", { name: "Sign out" }).click();
  await expect(again).toHaveURL(/\/login/);
  const after = await kept(again);
  expect(after.database).toBe("");
  expect(after.caches).not.toContain(patient);
  await again.context().close();
});

test("what was not sent waits for who did it while somebody else is signed in", async ({ browser }) => {
  const patient = "Waiting Gita";
  const { lab, visitId } = await collecting(browser, patient);
  await lab.context().setOffline(true);
  await work(lab, patient).getByRole("button", { name: "Collect" }).click();
  await isOffline(lab);
  await lab.getByRole("link", { name: "Collected" }).click();
  await work(lab, patient).getByRole("button", { name: "Start" }).click();
  await expect(outbox(lab)).toContainText("2 not sent");

  // The session ends by itself, and others sign in: one who works in the laboratory, one who does not.
  for (const name of ["pathologist", "reception"]) {
    await lab.context().clearCookies({ name: /^(?!unsent-steps)/ });
    await lab.context().setOffline(false);
    await signInOn(lab, name);
    await expect(outbox(lab)).toContainText("Steps of somebody else wait on this tablet (2)");
    await expect(outbox(lab)).not.toContainText("not sent");
    await lab.goto("/patients");
    await expect(outbox(lab)).toContainText("Steps of somebody else wait on this tablet (2)");
    await expect(outbox(lab)).not.toContainText("Complete blood count");
  }
  await lab.locator(".account summary").click();
  await lab.getByRole("button", { name: "Sign out" }).click();
  await expect(lab).toHaveURL(/\/login/);
  expect(await hospital.steps(visitId)).toEqual(["VISIT_REGISTERED", "TESTS_ORDERED"]);

  await signInOn(lab, "lab");
  await expect(async () => {
    const steps = await hospital.steps(visitId);
    expect(steps.slice(2)).toEqual(["TEST_SAMPLE_COLLECTED", "TEST_IN_PROGRESS"]);
  }).toPass({ timeout: 60_000 });
  await expect(outbox(lab)).toHaveCount(0);
  await lab.context().close();
});

test("what nobody comes back to send is dropped after 72 hours, and it is said whose it was", async ({ browser }) => {
  const patient = "Forgotten Ila";
  const { lab, visitId } = await collecting(browser, patient);
  await lab.context().setOffline(true);
  await work(lab, patient).getByRole("button", { name: "Collect" }).click();
  await isOffline(lab);
  await expect(outbox(lab)).toContainText("1 not sent");

  await lab.context().clearCookies({ name: /^(?!unsent-steps)/ });
  await lab.clock.setFixedTime(Date.now() + 73 * 3_600_000);
  await lab.context().setOffline(false);
  await signInOn(lab, "pathologist");
  await expect(outbox(lab)).toContainText("within 72 hours: Imran Shaikh (1).");
  await expect(async () => expect((await kept(lab)).database).not.toContain("TEST_SAMPLE_COLLECTED")).toPass();
  await lab.reload();
  await expect(outbox(lab)).toContainText("Imran Shaikh (1)");
  await outbox(lab).getByRole("button", { name: "Close" }).click();
  await expect(outbox(lab)).toHaveCount(0);
  expect(await hospital.steps(visitId)).toEqual(["VISIT_REGISTERED", "TESTS_ORDERED"]);
  await lab.context().close();
});

test("signed out without network, the tablet forgets at once and the server hears of it later", async ({ browser }) => {
  const patient = "Leaving Farida";
  const { lab, visitId } = await collecting(browser, patient);
  await lab.context().setOffline(true);
  await work(lab, patient).getByRole("button", { name: "Collect" }).click();
  await expect(outbox(lab)).toContainText("1 not sent");
  lab.once("dialog", (dialog) => dialog.accept());
  await lab.getByRole("button", { name: "Sign out" }).click();
  await expect(lab.getByText("This tablet keeps no worklist.")).toBeVisible();
  await lab.context().setOffline(false);
  await expect(lab).toHaveURL(/\/login/, { timeout: 60_000 });
  await lab.goto("/lab");
  await expect(lab).toHaveURL(/\/login/);
  expect(await hospital.steps(visitId)).toEqual(["VISIT_REGISTERED", "TESTS_ORDERED"]);
  await lab.context().close();
});

/** Signs out while there is no network: the tablet keeps nothing, and the server has not heard of it. */
async function signOutWithoutNetwork(lab: Page) {
  await lab.context().setOffline(true);
  await lab.locator(".account summary").click();
  await lab.getByRole("button", { name: "Sign out" }).click();
  await expect(lab.getByText("This tablet keeps no worklist.")).toBeVisible();
}

/** Waits until the tablet is of whoever is signed in. */
async function tabletIsTheirs(page: Page) {
  const person = await page.locator("#not-sent").getAttribute("data-person");
  await expect(async () => expect(await page.evaluate(() => localStorage.getItem("laboratory"))).toBe(person)).toPass();
}

test("a late sign-out that gets no answer is told again by the next page", async ({ browser }) => {
  const { lab } = await collecting(browser, "Leaving Twice Gulnaz");
  await signOutWithoutNetwork(lab);
  const late = /\/logout\?began=/;
  const asked: string[] = [];
  await lab.context().route(late, async (route) => {
    const page = new URL(route.request().frame().url()).pathname;
    await route.fulfill({ status: 503 });
    asked.push(page);
  });
  await lab.context().setOffline(false);
  for (const path of ["/lab", "/patients"]) {
    await lab.goto(path);
    await expect.poll(() => asked).toContain(path);
  }
  await lab.context().unroute(late);
  await lab.goto("/patients");
  await expect(lab).toHaveURL(/\/login/);
  await lab.goto("/lab");
  await expect(lab).toHaveURL(/\/login/);
  await lab.context().close();
});

test("who signs in after somebody who signed out without network stays signed in", async ({ browser }) => {
  const { lab } = await collecting(browser, "Left Jaya");
  await signOutWithoutNetwork(lab);
  const context = lab.context();
  await lab.close();
  await context.setOffline(false);

  const next = await context.newPage();
  await signInOn(next, "pathologist");
  await tabletIsTheirs(next);
  await next.goto("/lab");
  await expect(next).toHaveURL(/\/lab/);
  await expect(next.locator(".account-name")).toBeVisible();
  await context.close();
});

test("who signed out without network and signs in again before the server heard of it stays signed in", async ({ browser }) => {
  const { lab } = await collecting(browser, "Back Again Kala");
  await signOutWithoutNetwork(lab);
  const context = lab.context();
  await lab.close();
  await context.setOffline(false);

  const again = await context.newPage();
  await signInOn(again, "lab");
  await tabletIsTheirs(again);
  await again.goto("/lab");
  await expect(again.locator(".account-name")).toBeVisible();
  await context.close();
});

test("the installed tablet opens at its first address without network", async ({ browser }) => {
  const patient = "Installed Kiran";
  const { lab } = await collecting(browser, patient);
  await lab.context().setOffline(true);
  await lab.goto("/");
  await isOffline(lab);
  await expect(work(lab, patient)).toBeVisible();
  await lab.context().setOffline(false);
  await expect(lab).toHaveURL(/\/lab/, { timeout: 60_000 });
  await lab.context().close();
});

test("without network the laboratory speaks the language that it spoke before", async ({ browser }) => {
  const patient = "Hindi Hema";
  await hospital.order(patient);
  const lab = await signIn(browser, "lab", hospital.look);
  await lab.locator(".account summary").click();
  await lab.getByRole("button", { name: "हिन्दी" }).click();
  await openLab(lab, "/lab?stage=collect", patient);
  // All of it is kept when what was kept in English is gone.
  await expect(async () => {
    expect((await kept(lab)).caches).toContain("/language/hi");
    expect(await lab.evaluate(async () => (await caches.keys()).length)).toBe(1);
  }).toPass({ timeout: 60_000 });
  await lab.context().setOffline(true);
  await work(lab, patient).getByRole("button", { name: "सैंपल लें" }).click();
  await expect(lab.locator("#known-at")).toContainText("नेटवर्क नहीं है");
  await expect(lab.locator("html")).toHaveAttribute("lang", "hi");
  await expect(outbox(lab)).toContainText("1 नहीं भेजे गए");
  await lab.context().setOffline(false);
  await expect(outbox(lab)).toHaveCount(0, { timeout: 60_000 });
  await lab.context().close();
});

test("axe finds nothing in the laboratory without network", async ({ browser }) => {
  for (const colorScheme of ["light", "dark"] as const) {
    const patient = `Axe Gauri ${colorScheme}`;
    const { lab } = await collecting(browser, patient, { colorScheme });
    await lab.context().setOffline(true);
    await work(lab, patient).getByRole("button", { name: "Collect" }).click();
    await isOffline(lab);
    await expect(outbox(lab)).toContainText("1 not sent");
    const { violations } = await new AxeBuilder({ page: lab }).analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" | ").slice(0, 400)}`)).toEqual([]);
    await lab.context().close();
  }
});
