import { expect, test } from "@playwright/test";
import { expectLogged, overcharge, register, signIn } from "./hospital.ts";

test("two people call the same patient: the second is told, and nothing happens twice", async ({ browser }) => {
  const reception = await signIn(browser, "reception", { javaScriptEnabled: false });
  const nurse = await signIn(browser, "nurse");
  const patient = "Twice Called";
  await register(reception, patient);
  const ticket = (page: typeof nurse) => page.locator(".ticket", { hasText: patient });
  await reception.goto("/queue/consultation");
  await nurse.goto("/queue/consultation");
  await ticket(nurse).getByRole("button", { name: "Call" }).click();
  await expectLogged(nurse, "Called");

  await ticket(reception).getByRole("button", { name: "Call" }).click();
  const refusal = reception.locator("#refusal");
  await expect(refusal).toContainText("Somebody changed this visit while you were looking at it");
  await expect(refusal.getByText("What can be done instead:")).toBeVisible();
});

test("more than the balance is refused, with what was typed kept and the facts beside it", async ({ browser }) => {
  const reception = await signIn(browser, "reception");
  const visit = await register(reception, "Over Payer");
  const answers: number[] = [];
  reception.on("response", (response) => {
    if (response.request().method() === "POST") answers.push(response.status());
  });
  await overcharge(reception, visit);
  expect(answers.at(-1)).toBe(422);
  await expect(reception.locator("#refusal")).toContainText("Still to pay");
  await expect(reception.locator("[name=amount]")).toHaveValue("999999");
  // The hint above the one keeps it on one line with the other.
  const bottoms = await Promise.all(["amount", "reference"].map(async (name) => {
    const box = await reception.locator(`[name=${name}]`).boundingBox();
    return box && box.y + box.height;
  }));
  expect(bottoms[0]).not.toBeNull();
  expect(Math.abs((bottoms[0] ?? 0) - (bottoms[1] ?? 0))).toBeLessThan(1);
});

test("the wrong role is told which role is needed", async ({ browser }) => {
  const lab = await signIn(browser, "lab");
  const response = await lab.goto("/billing");
  expect(response?.status()).toBe(403);
  await expect(lab.getByText(/Only a billing clerk, receptionist or manager may open this page/)).toBeVisible();
  await lab.getByRole("navigation", { name: "Workplaces" }).getByRole("link", { name: "Lab" }).click();
  await expect(lab).toHaveURL(/\/lab$/);
});

test("a wrong passphrase is refused in one sentence", async ({ page }) => {
  await page.goto("/login");
  await page.getByLabel("User name").fill("nobody-here");
  await page.getByLabel("Passphrase").fill("not the passphrase");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert")).toContainText("The name or the passphrase is wrong.");
  await expect(page.getByLabel("User name")).toHaveValue("nobody-here");
});
