import { type Page, expect, test } from "@playwright/test";
import { keepsShell, kept, signIn } from "./hospital.ts";
import { SCREENS, addressOf } from "./screens.ts";

/** What gloves press is at least so high, in pixels. */
const TARGET = 56;

/** A tablet held upright, and one that lies. */
const SIZES = [{ width: 768, height: 1024 }, { width: 1024, height: 768 }];

/** What is pressed and is too low, in menus that are closed too. Links inside a sentence or a name are none of it. */
function tooLow(page: Page): Promise<string[]> {
  return page.evaluate((target) => {
    const pressed = ["button", "summary", ".button", ".menu-item", ".choice", ".stages a", ".nav a", "select", "input:not([type=checkbox], [type=radio])"];
    const found = new Set<string>();
    const measure = (within: Element) => {
      for (const element of within.querySelectorAll(pressed.join(", "))) {
        const { height } = element.getBoundingClientRect();
        if (element.checkVisibility() && height > 0 && Math.round(height) < target) {
          found.add(`${Math.round(height)}: ${element.outerHTML.slice(0, 160)}`);
        }
      }
    };
    for (const part of document.querySelectorAll(".masthead, #not-sent, main")) {
      measure(part);
      for (const menu of part.querySelectorAll<HTMLDetailsElement>("details:not([open])")) {
        menu.open = true;
        measure(menu);
        menu.open = false;
      }
    }
    return [...found];
  }, TARGET);
}

/** Nothing on a page is too low, and nothing is beside it. */
async function expectForGloves(page: Page, what: string) {
  expect(await tooLow(page), what).toEqual([]);
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(wider, what).toBe(0);
}

for (const viewport of SIZES) {
  test(`the laboratory is for gloves and needs no scrolling aside, ${viewport.width} wide`, async ({ browser }) => {
    test.slow();
    for (const [who, screens] of SCREENS.filter(([who]) => who === "lab" || who === "pathologist")) {
      const page = await signIn(browser, who, { viewport, hasTouch: true, reducedMotion: "reduce" });
      for (const screen of screens) {
        const address = await addressOf(page, screen);
        // Labels and reports are paper.
        if (!address.startsWith("/lab")) continue;
        await page.goto(address);
        await expectForGloves(page, address);
      }
      await page.context().close();
    }
  });

  test(`without network the laboratory is for gloves too, ${viewport.width} wide`, async ({ browser }) => {
    const page = await signIn(browser, "lab", { viewport, hasTouch: true, reducedMotion: "reduce" });
    await page.goto("/lab?stage=collect");
    await keepsShell(page);
    await expect(async () => expect((await kept(page)).database).toContain("visits")).toPass({ timeout: 60_000 });
    await page.context().setOffline(true);
    await page.goto("/lab/offline?stage=collect");
    await expect(page.locator("#known-at")).toBeVisible();
    for (const stage of ["collect", "collected", "running"]) {
      const tab = page.locator(`[data-stage="${stage}"]`);
      await tab.click();
      await expect(tab).toHaveAttribute("aria-current", "true");
      await expectForGloves(page, `${stage}, without network`);
    }
    await page.locator("[data-open]").first().click();
    await expect(page.locator("[data-close]")).toBeVisible();
    await expectForGloves(page, "the results' form, without network");
    await page.locator('[data-stage="collected"]').click();
    await page.getByRole("button", { name: "Start" }).first().click();
    await expect(page.locator("#outbox")).toContainText("1 not sent");
    await expectForGloves(page, "what is not sent");
    // Never sent: the browser forgets it with the rest.
    await page.context().close();
  });
}
