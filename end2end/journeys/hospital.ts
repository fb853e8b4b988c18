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
