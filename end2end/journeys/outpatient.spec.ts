import { type Browser, type Locator, type Page, expect, test } from "@playwright/test";
import { type Look, expectLogged, register, signIn } from "./hospital.ts";

/** The card of a patient on a board or worklist. */
function card(page: Page, patient: string): Locator {
  return page.locator(".ticket, .work", { hasText: patient });
}

async function pay(billing: Page, visit: string, bill: string) {
  await billing.goto(`/billing?visit=${visit}`);
  await billing.getByRole("button", { name: bill }).click();
  await expectLogged(billing, "billed");
  await billing.getByRole("button", { name: "Take payment" }).click();
  await expectLogged(billing, "Payment received");
}

/** The standard out-patient visit, from the front desk to the report, by five people. */
async function outpatientVisit(browser: Browser, look: Look, patient: string) {
  // One after the other: the server turns away who waits too long for their passphrase to be checked.
  const reception = await signIn(browser, "reception", look);
  const doctor = await signIn(browser, "doctor", look);
  const billing = await signIn(browser, "billing", look);
  const lab = await signIn(browser, "lab", look);
  const pathologist = await signIn(browser, "pathologist", look);
  const visit = await register(reception, patient);
  await pay(billing, visit, "Bill consultation");

  await doctor.goto("/queue/consultation");
  await card(doctor, patient).getByRole("button", { name: "Call" }).click();
  await expectLogged(doctor, "Called");
  await card(doctor, patient).getByRole("button", { name: "Entered" }).click();
  await expectLogged(doctor, "Entered the room");
  await card(doctor, patient).getByRole("button", { name: "Left" }).click();
  await expectLogged(doctor, "Left the room");

  await doctor.goto(`/doctor?visit=${visit}&tab=prescribe`);
  for (const [field, text] of [["drug", "Paracetamol"], ["dose", "500 mg"], ["frequency", "Three times a day"], ["days", "3"]]) {
    await doctor.locator(`[name="items[0].${field}"]`).fill(text);
  }
  await doctor.getByRole("button", { name: "Give prescription" }).click();
  await expectLogged(doctor, "Prescription given");
  await doctor.goto(`/doctor?visit=${visit}&tab=tests`);
  await doctor.getByRole("checkbox", { name: /Complete blood count/ }).check();
  await doctor.getByRole("button", { name: "Order tests" }).click();
  await expectLogged(doctor, "Tests ordered");

  await lab.goto("/lab?stage=collect");
  await expect(card(lab, patient)).toContainText("Payment first");
  await pay(billing, visit, "Bill tests");

  await lab.goto("/lab?stage=collect");
  await card(lab, patient).getByRole("button", { name: "Collect" }).click();
  await expectLogged(lab, "Sample collected");
  await lab.goto("/lab?stage=collected");
  await card(lab, patient).getByRole("button", { name: "Start" }).click();
  await expectLogged(lab, "Test started");
  await lab.goto("/lab?stage=running");
  await card(lab, patient).getByRole("link", { name: "Enter results" }).click();
  const values = card(lab, patient).locator('input[name$=".value"]');
  await expect(values).not.toHaveCount(0);
  for (const value of await values.all()) await value.fill("12.5");
  await card(lab, patient).getByRole("button", { name: "Complete the test" }).click();
  await expectLogged(lab, "Results entered");

  await pathologist.goto("/lab?stage=review");
  await card(pathologist, patient).getByRole("button", { name: "Accept" }).click();
  await expectLogged(pathologist, "Results reviewed");
  await pathologist.goto("/lab?stage=approve");
  await card(pathologist, patient).getByRole("button", { name: "Approve" }).click();
  await expectLogged(pathologist, "Results approved");
  await pathologist.goto("/lab?stage=report");
  await card(pathologist, patient).getByRole("button", { name: "Make report" }).click();
  await expectLogged(pathologist, "Report ready");
  await lab.goto("/lab?stage=handover");
  await card(lab, patient).getByRole("link", { name: "Hand over" }).click();
  await card(lab, patient).locator("[name=deliveredTo]").fill("the patient");
  await card(lab, patient).getByRole("button", { name: "Hand over" }).click();
  await expectLogged(lab, "Report handed over");

  await reception.goto(`/visits/${visit}?do=VISIT_COMPLETED`);
  await reception.locator("form", { has: reception.locator('[name=_event][value="VISIT_COMPLETED"]') })
    .getByRole("button", { name: "Complete visit" }).click();
  await expectLogged(reception, "Visit completed");

  await expect(reception.locator(".timeline .step")).toHaveCount(20);
  const titles = await reception.locator(".timeline .step-title").allInnerTexts();
  expect(titles[0]).toContain("Registered");
  expect(titles.at(-1)).toContain("Visit completed");
  await expect(reception.getByText("door to doctor", { exact: true })).toBeVisible();
  await expect(reception.locator("svg.strip")).toBeVisible();
  for (const page of [reception, doctor, billing, lab, pathologist]) await page.context().close();
}

// Five people and some forty pages: the longest stories by far. What must be quick says so itself.
test("a patient goes from the front desk to the report", async ({ browser }) => {
  test.slow();
  await outpatientVisit(browser, {}, "Wendy Islands");
});

test("the same without JavaScript", async ({ browser }) => {
  test.slow();
  await outpatientVisit(browser, { javaScriptEnabled: false }, "Plain Forms");
});
