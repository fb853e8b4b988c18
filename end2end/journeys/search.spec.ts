import { expect, test } from "@playwright/test";
import { register, signIn } from "./hospital.ts";

test("patients are found while somebody types, and a search that fails says so", async ({ browser }) => {
  const patient = "Typing Sundaresan";
  const reception = await signIn(browser, "reception");
  await register(reception, patient);
  await reception.goto("/reception");
  const search = reception.getByRole("searchbox", { name: "Search by name, phone or MRN" });
  const found = reception.locator("form[data-lookup] [data-found]");
  // What is typed is heard once the islands are awake; who is faster types again.
  await expect(async () => {
    await search.fill("");
    await search.pressSequentially("Typing Sund");
    await expect(found).toContainText(patient, { timeout: 2_000 });
  }).toPass({ timeout: 60_000 });
  await expect(found).not.toHaveAttribute("aria-busy");
  await expect(reception).toHaveURL(/\/reception$/);

  let answer = () => {};
  const held = new Promise<void>((done) => { answer = done; });
  await reception.route(/\/patients\/found\?/, async (route) => {
    await held;
    await route.fulfill({ status: 503, body: "away" });
  });
  await search.fill("Typing Sundar");
  await expect(found).toHaveAttribute("aria-busy", "true");
  answer();
  await expect(found).toHaveText("Could not search; press Enter to try again.");
  await expect(found).not.toHaveAttribute("aria-busy");
  await search.press("Enter");
  await expect(reception).toHaveURL(/[?&]q=Typing/);
  await expect(reception.locator("[data-found-before]")).toContainText(patient);
});
