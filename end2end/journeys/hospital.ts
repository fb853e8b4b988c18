import { type Browser, type BrowserContext, type Page, expect } from "@playwright/test";

const PASSPHRASE = "demo-hospital-2026";

/** How a person looks at the hospital: in which light, on which screen, with or without JavaScript. */
export type Look = Parameters<Browser["newContext"]>[0];

/** Signs a person of the demo hospital in, in a browser of their own. */
export async function signIn(browser: Browser, name: string, look: Look = {}): Promise<Page> {
  const context: BrowserContext = await browser.newContext(look);
  const page = await context.newPage();
  await signInOn(page, name);
  return page;
}

/** The same, on a page that is there. */
export async function signInOn(page: Page, name: string) {
  await page.goto("/login");
  await page.getByLabel("User name").fill(name);
  await page.getByLabel("Passphrase").fill(PASSPHRASE);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("navigation", { name: "Workplaces" })).toBeVisible();
}

/** Waits until the browser keeps the laboratory's shell. */
export async function keepsShell(page: Page) {
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
    while (!navigator.serviceWorker.controller) await new Promise((resolve) => setTimeout(resolve, 50));
  });
}

/** What the browser keeps of the laboratory: everything in its databases, and everything in its caches. */
export async function kept(page: Page): Promise<{ database: string; caches: string }> {
  return page.evaluate(async () => {
    const texts: string[] = [];
    const named = (await indexedDB.databases()).some(({ name }) => name === "laboratory");
    if (named) {
      const database = await new Promise<IDBDatabase>((resolve, reject) => {
        const request = indexedDB.open("laboratory");
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
      for (const store of database.objectStoreNames) {
        const all = database.transaction(store).objectStore(store).getAll();
        await new Promise((resolve) => (all.onsuccess = resolve));
        texts.push(...all.result.map(String));
      }
      database.close();
    }
    const cached: string[] = [];
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) {
        const response = await cache.match(request);
        cached.push(request.url, (await response?.text()) ?? "");
      }
    }
    return { database: texts.join("\n"), caches: cached.join("\n") };
  });
}

/** What the page says was just logged. */
export async function expectLogged(page: Page, words: string) {
  await expect(page.locator(".notice-success")).toContainText(words);
}

/** Registers a new patient with the doctor of room 1; the patient joins the queue. Gives the visit's id. */
export async function register(reception: Page, patient: string): Promise<string> {
  await reception.goto("/reception?register=new");
  await reception.locator("[name=name]").fill(patient);
  const doctors = reception.locator("[name=doctorId]");
  const doctor = await doctors.locator("option", { hasText: "Dr Ananya Iyer" }).getAttribute("value");
  await doctors.selectOption(doctor);
  await reception.getByRole("button", { name: "Register visit" }).click();
  await expectLogged(reception, patient);
  const address = await reception.locator(".notice-success a", { hasText: patient }).getAttribute("href");
  expect(address).toMatch(/^\/visits\/[0-9A-Z]{26}$/);
  return (address ?? "").slice("/visits/".length);
}

/** Adds a document to a visit and lends it by a link. Gives the link's address. */
export async function share(reception: Page, visit: string): Promise<string> {
  await reception.goto(`/visits/${visit}?do=DOCUMENT_UPLOADED`);
  const file = { name: "letter.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.4\n%%EOF\n") };
  const form = reception.locator("main form", { has: reception.locator("input[type=file]") });
  await form.locator("input[type=file]").setInputFiles(file);
  await form.getByRole("button", { name: "Add document" }).click();
  await expectLogged(reception, "Document added");
  await reception.getByText("Share by a link").click();
  await reception.getByLabel("For whom").fill("Dr Menon");
  await reception.getByRole("button", { name: "Make the link" }).click();
  const link = await reception.locator("code", { hasText: "/shared/" }).innerText();
  return link.slice(link.indexOf("/shared/"));
}

/** Takes more than a patient owes, which is refused. */
export async function overcharge(reception: Page, visit: string) {
  await reception.goto(`/billing?visit=${visit}`);
  await reception.getByRole("button", { name: "Bill consultation" }).click();
  await expectLogged(reception, "Consultation billed");
  await reception.locator("[name=amount]").fill("999999");
  await reception.getByRole("button", { name: "Take payment" }).click();
  await expect(reception.locator("#refusal")).toContainText("The amount is more than the balance.");
}

/** Has a doctor see a patient who waits, and refer them. Gives the address of the letter. */
export async function refer(doctor: Page, visit: string, patient: string): Promise<string> {
  await doctor.goto("/queue/consultation");
  const ticket = doctor.locator(".ticket", { hasText: patient });
  for (const [step, words] of [["Call", "Called"], ["Entered", "Entered the room"], ["Left", "Left the room"]]) {
    await ticket.getByRole("button", { name: step, exact: true }).click();
    await expectLogged(doctor, words);
  }
  await doctor.goto(`/doctor?visit=${visit}&tab=refer`);
  const form = doctor.locator("form", { has: doctor.locator("[name=to]") });
  await form.locator("[name=to]").fill("Cardiology");
  await form.locator("[name=reason]").fill("Murmur");
  await form.getByRole("button", { name: "Refer", exact: true }).click();
  await expectLogged(doctor, "Referred");
  await doctor.goto(`/doctor?visit=${visit}&tab=refer`);
  return (await doctor.locator("a[href*='/letters/']").first().getAttribute("href")) ?? "";
}

/** Takes what a visit's bill comes to and closes the shift, unless one is closed already. Gives the address of a closed one. */
export async function closeShift(reception: Page, visit: string): Promise<string> {
  await reception.goto(`/billing?visit=${visit}`);
  await reception.getByRole("button", { name: "Take payment" }).click();
  await expectLogged(reception, "Payment received");
  const closed = reception.locator("a[href*='closing=']").first();
  await expect(async () => {
    await reception.goto("/billing/cash-up");
    if (await closed.isHidden()) {
      await reception.getByLabel("Cash counted").fill("100");
      await reception.getByRole("button", { name: "Close the shift" }).click();
    }
    await expect(closed).toBeVisible({ timeout: 2_000 });
  }).toPass({ timeout: 60_000 });
  return (await closed.getAttribute("href")) ?? "";
}
