import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Page, expect, test } from "@playwright/test";
import { expectLogged, register, signIn } from "./hospital.ts";

/** When this machine stood still: no promise is broken while nobody runs. */
const stills: { from: number; to: number }[] = [];
let ticked = Date.now();
setInterval(() => {
  const now = Date.now();
  if (now - ticked > 300) stills.push({ from: ticked, to: now });
  ticked = now;
}, 20).unref();

/** Has a page note when words first show at a place. What this gives expects that they did no later than a second after it is called. */
async function watch(page: Page, place: string, ...words: string[]): Promise<() => Promise<void>> {
  const shown = await page.evaluateHandle(({ place, words }) => {
    const shown = { at: 0 };
    const shows = (element: Element) => element.checkVisibility() && words.every((word) => element.textContent?.includes(word));
    const look = () => {
      if ([...document.querySelectorAll(place)].some(shows)) shown.at = Date.now();
      else requestAnimationFrame(look);
    };
    look();
    return shown;
  }, { place, words });
  return async () => {
    const [done, what] = [Date.now(), `${place}: ${words.join(", ")}`];
    await expect.poll(() => shown.evaluate(({ at }) => at), what).toBeGreaterThan(0);
    const at = await shown.evaluate(({ at }) => at);
    const still = stills.map(({ from, to }) => Math.max(0, Math.min(to, at) - Math.max(from, done)));
    expect(still.reduce((late, lasted) => late - lasted, at - done), `${what}, after milliseconds`).toBeLessThanOrEqual(1_000);
  };
}

function sign(page: Page) {
  return page.locator("#live");
}

function ticket(page: Page, patient: string) {
  return page.locator(".ticket", { hasText: patient });
}

test("what one person does shows on another's screen within a second, and what they type stays", async ({ browser }) => {
  const patient = "Lively Arrival";
  const reception = await signIn(browser, "reception");
  const nurse = await signIn(browser, "nurse");
  await nurse.goto("/queue/consultation");
  await expect(sign(nurse)).toHaveText("Live");
  const arrives = await watch(nurse, ".ticket", patient);
  await register(reception, patient);
  await arrives();

  await reception.goto("/reception");
  await expect(sign(reception)).toHaveText("Live");
  const search = reception.locator("main input[type=search]");
  await search.click();
  await search.pressSequentially("half a na");
  const menu = reception.locator("tr", { hasText: patient }).locator("details").first();
  await menu.evaluate((details: HTMLDetailsElement) => { details.open = true; });
  await search.focus();
  await search.evaluate((input: HTMLInputElement) => { input.setSelectionRange(2, 4); });
  const called = await watch(reception, "tr", patient, "Called");
  await ticket(nurse, patient).getByRole("button", { name: "Call", exact: true }).click();
  await expectLogged(nurse, "Called");
  await called();
  await expect(search).toHaveValue("half a na");
  await expect(search).toBeFocused();
  expect(await search.evaluate((input: HTMLInputElement) => [input.selectionStart, input.selectionEnd])).toEqual([2, 4]);
  await expect(menu).toHaveAttribute("open", "");
});

/** A workplace, what somebody else does, and where that shows in which words. */
type Watched = { who: string; address: () => string; change: () => Promise<void>; news: [place: string, ...words: string[]] };

test("what others do shows at every workplace and on the journey within a second, and nothing scrolls", async ({ browser }) => {
  test.slow();
  const patient = "Watched Wilma";
  const reception = await signIn(browser, "reception");
  const doctor = await signIn(browser, "doctor");
  let visit = "";
  let patientPage = "";
  const press = async (step: string, words: string) => {
    await doctor.goto("/queue/consultation");
    await ticket(doctor, patient).getByRole("button", { name: step, exact: true }).click();
    await expectLogged(doctor, words);
  };
  const watched: Watched[] = [
    {
      who: "doctor",
      address: () => "/doctor",
      change: async () => { visit = await register(reception, patient); },
      news: ["[data-row]", patient],
    },
    {
      who: "billing",
      address: () => "/billing",
      change: async () => {
        await reception.goto(`/billing?visit=${visit}`);
        await reception.getByRole("button", { name: "Bill consultation" }).click();
        await expectLogged(reception, "Consultation billed");
      },
      news: ["[data-row]", patient, "₹"],
    },
    {
      who: "manager",
      address: () => `/visits/${visit}`,
      change: () => press("Call", "Called"),
      news: [".timeline .step-title", "Called"],
    },
    {
      who: "manager",
      address: () => patientPage,
      change: () => press("Entered", "Entered the room"),
      news: ["main table tr", "In consultation"],
    },
    {
      who: "lab",
      address: () => "/lab?stage=collect",
      change: async () => {
        await doctor.goto(`/doctor?visit=${visit}&tab=tests`);
        await doctor.getByRole("checkbox", { name: /Complete blood count/ }).check();
        await doctor.getByRole("button", { name: "Order tests" }).click();
        await expectLogged(doctor, "Tests ordered");
      },
      news: [".work", patient],
    },
  ];
  for (const { who, address, change, news } of watched) {
    // Low enough for every page to be scrolled.
    const page = await signIn(browser, who, { viewport: { width: 1280, height: 400 } });
    const scrolled = () => page.evaluate(() => Math.round(scrollY));
    await page.goto(address());
    await expect(sign(page)).toHaveText("Live");
    await page.evaluate(() => scrollTo(0, 40));
    await expect.poll(scrolled).toBe(40);
    const shows = await watch(page, ...news);
    await change();
    await shows();
    expect(await scrolled(), address()).toBe(40);
    if (address().startsWith("/visits/")) patientPage = (await page.locator(".patient-name a").first().getAttribute("href")) ?? "";
    await page.context().close();
  }
  // The room is free again for who comes next.
  await press("Left", "Left the room");
});

test("where no events get through, the page fetches itself, and says how old it is", async ({ browser }) => {
  const patient = "Polled Arrival";
  const nurse = await signIn(browser, "nurse");
  await nurse.route(/\/live\?/, (route) => route.fulfill({ status: 429 }));
  await nurse.goto("/queue/consultation");
  const reception = await signIn(browser, "reception");
  await register(reception, patient);
  await expect(ticket(nurse, patient)).toBeVisible({ timeout: 60_000 });
  await expect(sign(nurse)).toHaveText(/Updated \d+ s ago/);
});

test("the waiting room sees a call within a second, and no name", async ({ browser }) => {
  const patient = "Nameless Caller";
  const reception = await signIn(browser, "reception");
  await register(reception, patient);
  await reception.goto("/queue/consultation");
  const address = await reception.getByRole("link", { name: "Waiting-room display" }).getAttribute("href");
  const display = await (await browser.newContext()).newPage();
  await display.goto(address ?? "");
  await expect(sign(display)).toHaveText("Live");
  const token = await ticket(reception, patient).locator(".token").innerText();
  // Others may be called in the same second, from other stories.
  const called = await watch(display, ".display-now, .display-before", token);
  await ticket(reception, patient).getByRole("button", { name: "Call", exact: true }).click();
  await expectLogged(reception, "Called");
  await called();
  expect(await display.content()).not.toContain(patient);
});

const PORT = 3219;

/** Starts a server of this story's own, and waits until it is open. */
async function serve(database: string, port = PORT): Promise<ChildProcess> {
  const binary = process.env.SOJOURN_BINARY ?? fileURLToPath(new URL("../../target/debug/sojourn", import.meta.url));
  const server = spawn(binary, ["serve", "--demo", "--listen", `127.0.0.1:${port}`, "--database-url", `sqlite:${database}`]);
  await new Promise<void>((open, fail) => {
    server.stdout?.on("data", (text) => { if (String(text).includes("open at")) open(); });
    server.once("exit", (code) => fail(new Error(`the server ended with ${code}`)));
  });
  return server;
}

async function stop(server: ChildProcess) {
  const ended = new Promise((done) => server.once("exit", done));
  server.kill("SIGTERM");
  await ended;
}

test("the display says when it is not up to date, and recovers, even after a day unattended", async ({ browser }) => {
  test.slow();
  const database = join(mkdtempSync(join(tmpdir(), "sojourn-display-")), "hospital.sqlite");
  let server = await serve(database, PORT + 1);
  try {
    const look = { baseURL: `http://127.0.0.1:${PORT + 1}` };
    const reception = await signIn(browser, "reception", look);
    await reception.goto("/queue/consultation");
    const address = await reception.getByRole("link", { name: "Waiting-room display" }).getAttribute("href");
    const display = await (await browser.newContext(look)).newPage();
    await display.clock.install();
    await display.goto(address ?? "");
    const stale = display.getByText("This display is not up to date. Please ask at the desk.");
    await expect(sign(display)).toHaveText("Live");
    await expect(stale).toBeHidden();
    await stop(server);
    await display.clock.fastForward(10_000);
    await expect(stale).toBeVisible();
    await display.clock.fastForward("24:00:00");
    await expect(stale).toBeVisible();
    server = await serve(database, PORT + 1);
    await display.clock.fastForward(20_000);
    await expect(sign(display)).toHaveText("Live", { timeout: 60_000 });
    await expect(stale).toBeHidden();
    // A day on which nothing is heard: the connection is as good as lost, and made anew.
    await display.clock.fastForward("24:00:00");
    const patient = "After A Day";
    await register(reception, patient);
    await reception.goto("/queue/consultation");
    const token = await ticket(reception, patient).locator(".token").innerText();
    await ticket(reception, patient).getByRole("button", { name: "Call", exact: true }).click();
    await expect(display.locator(".display-now, .display-before").filter({ hasText: token })).toBeVisible({ timeout: 60_000 });
    await expect(stale).toBeHidden();
  } finally {
    await stop(server);
  }
});

test("a screen says that the server is away, and misses nothing when it is back", async ({ browser }) => {
  test.slow();
  const database = join(mkdtempSync(join(tmpdir(), "sojourn-live-")), "hospital.sqlite");
  const patient = "Came Meanwhile";
  let server = await serve(database);
  try {
    const look = { baseURL: `http://127.0.0.1:${PORT}` };
    const nurse = await signIn(browser, "nurse", look);
    const reception = await signIn(browser, "reception", look);
    await nurse.goto("/queue/consultation");
    await expect(sign(nurse)).toHaveText("Live");
    await stop(server);
    await expect(sign(nurse)).toHaveText(/Updated \d+ s ago|Offline/);
    await expect(sign(nurse)).toHaveText("Offline", { timeout: 60_000 });
    const arrived = await watch(nurse, ".ticket", patient);
    server = await serve(database);
    await register(reception, patient);
    await expect(sign(nurse)).toHaveText("Live", { timeout: 60_000 });
    await arrived();
  } finally {
    await stop(server);
  }
});
