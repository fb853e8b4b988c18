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
  }).toPass({ timeout: 15_000 });
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
