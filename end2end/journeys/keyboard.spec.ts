import { type Locator, type Page, expect, test } from "@playwright/test";
import { expectLogged, signIn } from "./hospital.ts";

/** Presses Tab until an element has the focus; it must be reached, and be seen to be. */
async function tabTo(page: Page, element: Locator) {
  for (let presses = 0; presses < 80; presses += 1) {
    if (await element.evaluate((element) => element === document.activeElement)) {
      await expect(element).toBeInViewport();
      return;
    }
    await page.keyboard.press("Tab");
  }
  throw new Error(`${element} is not reached by Tab`);
}

test("a new patient is registered by keyboard alone", async ({ browser }) => {
  const page = await signIn(browser, "reception");
  const patient = "Keya Boardwala";
  await page.goto("/reception");
  // Keys are heard once the islands are awake; who is faster presses again.
  await expect(async () => {
    await page.keyboard.press("/");
    await expect(page.getByRole("searchbox", { name: "Find a patient" }).first()).toBeFocused({ timeout: 1_000 });
  }).toPass({ timeout: 60_000 });
  await page.keyboard.type(patient);
  await page.keyboard.press("Enter");
  await tabTo(page, page.locator('a[href^="/reception?register=new"]').first());
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Register a visit" })).toBeVisible();

  const name = page.locator("form.registration [name=name]");
  await tabTo(page, name);
  await page.keyboard.press("ControlOrMeta+A");
  await page.keyboard.type(patient);
  for (const [field, typed] of [["phone", "98450 77123"], ["age", "41"]]) {
    await tabTo(page, page.locator(`form.registration [name=${field}]`));
    await page.keyboard.type(typed);
  }
  const doctor = page.locator("form.registration [name=doctorId]");
  await tabTo(page, doctor);
  await page.keyboard.type("Dr Ananya");
  await expect(doctor.locator("option:checked")).toContainText("Dr Ananya Iyer");
  await tabTo(page, page.locator("form.registration [name=reason]"));
  await page.keyboard.type("Cough for two weeks");
  await tabTo(page, page.getByRole("button", { name: "Register visit" }));
  await page.keyboard.press("Enter");

  await expectLogged(page, patient);
  const row = page.locator("[data-row]", { hasText: patient });
  await expect(row).toContainText("Cough for two weeks");
});

/** Presses a key until its effect is seen: keys are heard once the islands are awake. */
async function pressUntil(page: Page, key: string, effect: () => Promise<void>) {
  await expect(async () => {
    await page.keyboard.press(key);
    await effect();
  }).toPass({ timeout: 60_000 });
}

test("keys are listed in the words of what they press, and are silent while somebody types", async ({ browser }) => {
  const page = await signIn(browser, "reception");
  await page.goto("/reception");
  const keys = page.locator("dialog#keys");
  await pressUntil(page, "?", () => expect(keys).toBeVisible({ timeout: 1_000 }));
  const listed = (key: string) => keys.locator("dt", { has: page.locator(`kbd:text-is("${key}")`) }).locator("xpath=following-sibling::dd[1]");
  await expect(listed("n")).toHaveText("New patient");
  await expect(listed("/")).toHaveText("Find a patient");
  await expect(listed("?")).toHaveText("Show or hide this list");
  await page.keyboard.press("?");
  await expect(keys).toBeHidden();

  const search = page.getByRole("searchbox", { name: "Search by name, phone or MRN" });
  await search.click();
  await page.keyboard.type("nbc?");
  await expect(search).toHaveValue("nbc?");
  await expect(keys).toBeHidden();
  await expect(page).toHaveURL(/\/reception$/);
  await search.blur();
  await page.keyboard.press("n");
  await expect(page.getByRole("heading", { name: "Register a visit" })).toBeVisible();
});

test("the laboratory's stages are turned by their numbers", async ({ browser }) => {
  const page = await signIn(browser, "lab");
  await page.goto("/lab?stage=collect");
  await pressUntil(page, "3", () => expect(page).toHaveURL(/stage=running/, { timeout: 1_000 }));
  const sample = page.getByRole("searchbox", { name: "Scan or type a sample id" });
  await pressUntil(page, "n", () => expect(sample).toBeFocused({ timeout: 1_000 }));
});
