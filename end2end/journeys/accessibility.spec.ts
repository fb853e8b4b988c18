import AxeBuilder from "@axe-core/playwright";
import { type Page, expect, test } from "@playwright/test";
import { closeShift, overcharge, refer, register, share, signIn } from "./hospital.ts";
import { SCREENS, nameOf, show } from "./screens.ts";

const COLOURS = ["color-contrast", "link-in-text-block"];

async function expectAccessible(page: Page, address: string) {
  await page.goto(address);
  await expectNothingFound(page, address);
}

// In both themes: it is the same page, of which at night only the colours are others.
async function expectNothingFound(page: Page, address: string) {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    const axe = new AxeBuilder({ page });
    const { violations } = await (colorScheme === "light" ? axe : axe.withRules(COLOURS)).analyze();
    const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" | ").slice(0, 400)}`);
    expect(found, `${address}, ${colorScheme}`).toEqual([]);
  }
}

// Nothing is held against colours that are about to change: who was called flashes, and themes fade.
const STILL = { reducedMotion: "reduce" } as const;

test("axe finds nothing on what is seen without signing in", async ({ browser }) => {
  const page = await (await browser.newContext(STILL)).newPage();
  await expectAccessible(page, "/login");
});

// All calls are drawn alike, and to look at each of ten thousand elements takes minutes: some of them are unfolded.
test("axe finds nothing on unfolded calls of the API, which need no scrolling aside", async ({ browser }) => {
  test.slow();
  const page = await (await browser.newContext({ ...STILL, viewport: { width: 768, height: 1024 } })).newPage();
  await page.goto("/api/docs");
  await page.locator("main details").evaluateAll((folds) => folds.forEach((fold, at) => fold.toggleAttribute("open", at % 12 === 0)));
  await expectNothingFound(page, "/api/docs, unfolded");
  expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0);
});

for (const [who, screens] of SCREENS) {
  test(`axe finds nothing on the screens of ${who}`, async ({ browser }) => {
    test.slow();
    const page = await signIn(browser, who, STILL);
    for (const screen of screens) {
      const address = await show(page, screen);
      await expectNothingFound(page, `${nameOf(screen)}, ${address}`);
    }
  });
}

test("axe finds nothing on a journey, a patient, a slip, a display, a shared document, a refusal, a closed shift and a letter", async ({ browser }) => {
  test.slow();
  const page = await signIn(browser, "reception", STILL);
  const visit = await register(page, "Axe");
  await expectAccessible(page, `/visits/${visit}`);
  await expectAccessible(page, `/visits/${visit}/slip`);
  await page.goto("/queue/consultation");
  const display = await page.getByRole("link", { name: "Waiting-room display" }).getAttribute("href");
  await expectAccessible(page, display ?? "");
  await page.goto(`/visits/${visit}`);
  const patient = await page.locator(".patient-name a").first().getAttribute("href");
  await expectAccessible(page, patient ?? "");
  await expectAccessible(page, await share(page, visit));
  await overcharge(page, visit);
  await expectNothingFound(page, "a refusal");
  await expectAccessible(page, await closeShift(page, visit));
  const doctor = await signIn(browser, "doctor", STILL);
  await expectAccessible(doctor, await refer(doctor, visit, "Axe"));
});
