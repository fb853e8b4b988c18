import { expect, test } from "@playwright/test";
import { signIn } from "./hospital.ts";

test("a page loads with its islands awake and nothing refused", async ({ page }) => {
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));

  const response = await page.goto("/");
  expect(response?.status()).toBe(200);
  expect(page.url()).toContain("/login");
  expect(response?.headers()["content-security-policy"]).toContain("'strict-dynamic'");

  // The keys answer once the wasm is there, so this shows that it is.
  const keys = page.locator("dialog#keys");
  await expect(async () => {
    await page.keyboard.press("?");
    await expect(keys).toBeVisible({ timeout: 500 });
  }).toPass();
  await expect(keys).toHaveClass("dialog");
  await page.keyboard.press("?");
  await expect(keys).toBeHidden();
  expect(complaints).toEqual([]);
});

test("a page is seen as somebody chose, or as the device has it", async ({ browser }) => {
  const page = await signIn(browser, "auditor", { colorScheme: "dark" });
  const html = page.locator("html");
  const choose = async (name: string) => {
    await page.locator(".account summary").click();
    await page.getByRole("button", { name, exact: true }).click();
  };
  await expect(html).not.toHaveAttribute("data-theme");
  await choose("Light");
  await expect(html).toHaveAttribute("data-theme", "light");
  await choose("Night");
  await expect(html).toHaveAttribute("data-theme", "night");
  await choose("As the device has it");
  await expect(html).not.toHaveAttribute("data-theme");
  await page.context().close();
});

test("an address with nothing at it says so, in a page", async ({ browser }) => {
  const page = await signIn(browser, "auditor");
  const response = await page.goto("/nowhere");
  expect(response?.status()).toBe(404);
  await expect(page.getByRole("heading", { name: "Page not found" })).toBeVisible();
  await expect(page.getByRole("navigation", { name: "Workplaces" })).toBeVisible();
});
