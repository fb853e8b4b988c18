import { type Page, expect, test } from "@playwright/test";
import { expectLogged, register, signIn, signInOn } from "./hospital.ts";

/** What the browser's tab keeps. */
function kept(page: Page): Promise<string> {
  return page.evaluate(() => Object.values(sessionStorage).join(" "));
}

/** The medicine of a line, the first being 0. */
function drug(page: Page, line: number) {
  return page.locator(`[name="items[${line}].drug"]`);
}

test("what was typed of a prescription is there again after a look at another tab, and gone after signing out", async ({ browser }) => {
  const [reception, doctor] = await Promise.all([signIn(browser, "reception"), signIn(browser, "doctor")]);
  // The doctor's room is also where others' stories happen.
  const patient = "Drafted Nirmala";
  const visit = await register(reception, patient);
  const ticket = doctor.locator(".ticket", { hasText: patient });
  await doctor.goto("/queue/consultation");
  await ticket.getByRole("button", { name: "Call" }).click();
  await expectLogged(doctor, "Called");
  await ticket.getByRole("button", { name: "Entered" }).click();
  await expectLogged(doctor, "Entered the room");
  const open = (tab: string) =>
    doctor.getByRole("navigation", { name: "Consultation" }).getByRole("link", { name: tab }).click();
  const address = `/doctor?visit=${visit}&tab=prescribe`;
  await doctor.goto(address);
  await expect(async () => {
    await drug(doctor, 0).fill("Paracetamol");
    expect(await kept(doctor)).toContain("Paracetamol");
  }).toPass();
  await open("Journey");
  await expect(drug(doctor, 0)).toHaveCount(0);
  await open("Prescribe");
  await expect(drug(doctor, 0)).toHaveValue("Paracetamol");

  // More lines than a blank form has.
  await doctor.getByRole("button", { name: "Add a blank line" }).click();
  await expect(async () => {
    await drug(doctor, 3).fill("ORS");
    expect(await kept(doctor)).toContain("ORS");
  }).toPass();
  await open("Refer");
  await expect(drug(doctor, 0)).toHaveCount(0);
  await open("Prescribe");
  await expect(drug(doctor, 3)).toHaveValue("ORS");
  await expect(drug(doctor, 0)).toHaveValue("Paracetamol");

  // A page that says nothing of who is signed in; its keys answer once it is awake.
  await doctor.goto("/nowhere");
  await expect(async () => {
    await doctor.keyboard.press("?");
    await expect(doctor.locator("#keys")).toBeVisible({ timeout: 500 });
  }).toPass();
  await doctor.goto(address);
  await expect(drug(doctor, 3)).toHaveValue("ORS");
  await expect(drug(doctor, 0)).toHaveValue("Paracetamol");

  await doctor.locator(".account summary").click();
  await doctor.getByRole("button", { name: "Sign out" }).click();
  await expect(doctor).toHaveURL(/\/login/);
  await expect(async () => expect(await kept(doctor)).toBe("")).toPass();
  await signInOn(doctor, "doctor");
  await doctor.goto(address);
  await expect(drug(doctor, 0)).toHaveValue("");
  for (const page of [reception, doctor]) await page.context().close();
});
