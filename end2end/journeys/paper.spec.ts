import { type Page, expect, test } from "@playwright/test";
import { register, signIn } from "./hospital.ts";
import { addressOf } from "./screens.ts";

const MILLIMETRES_PER_POINT = 25.4 / 72;

/** Expects that a page prints on one sheet of a size, in millimetres; browsers round to their own pixels. */
async function expectOneSheet(page: Page, [width, height]: [number, number]) {
  const printed = (await page.pdf({ preferCSSPageSize: true, printBackground: true })).toString("latin1");
  const counts = [...printed.matchAll(/\/Count\s+(\d+)/g)].map(([, count]) => Number(count));
  expect(counts).toEqual([1]);
  const boxes = [...printed.matchAll(/\/MediaBox\s*\[\s*0\s+0\s+([\d.]+)\s+([\d.]+)\s*\]/g)];
  expect(boxes).toHaveLength(1);
  const [wide, high] = boxes[0].slice(1).map((points) => Number(points) * MILLIMETRES_PER_POINT);
  expect(Math.abs(wide - width), `${wide} mm wide`).toBeLessThan(1);
  expect(Math.abs(high - height), `${high} mm high`).toBeLessThan(1);
}

test("a token slip prints at a press, 80 mm wide and on one sheet", async ({ browser }) => {
  const reception = await signIn(browser, "reception", { hasTouch: true });
  const visit = await register(reception, "Paper Slipwala");
  await reception.addInitScript(() => {
    window.print = () => { document.documentElement.dataset.printed = "yes"; };
  });
  await reception.goto(`/visits/${visit}/slip`);
  const button = reception.getByRole("button", { name: "Print", exact: true });
  // It answers once the islands are awake; who is faster presses again.
  await expect(async () => {
    await button.tap();
    await expect(reception.locator("html")).toHaveAttribute("data-printed", "yes", { timeout: 1_000 });
  }).toPass({ timeout: 60_000 });
  await expectOneSheet(reception, [80, 150]);
  await reception.emulateMedia({ media: "print" });
  await expect(button).toBeHidden();
  await expect(reception.locator(".slip .qr")).toBeVisible();
});

test("a sample's label prints 50 by 25 mm, one at a time", async ({ browser }) => {
  const lab = await signIn(browser, "lab");
  await lab.goto(await addressOf(lab, { name: "label", from: "/lab?stage=running", to: "a[href$='/label']" }));
  await expect(lab.getByRole("button", { name: "Print", exact: true })).toBeVisible();
  await expectOneSheet(lab, [50, 25]);
});

test("without JavaScript a paper says how the browser prints it", async ({ browser }) => {
  const lab = await signIn(browser, "lab", { javaScriptEnabled: false });
  await lab.goto("/lab?stage=running");
  await lab.goto((await lab.locator("a[href$='/label']").first().getAttribute("href")) ?? "");
  // Words are not looked for in a noscript by themselves.
  const words = lab.locator("noscript > span");
  await expect(words).toBeVisible();
  await expect(words).toHaveText("Print with the browser (Ctrl P).");
});
