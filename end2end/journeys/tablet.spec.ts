import { type Page, expect, test } from "@playwright/test";
import { signIn } from "./hospital.ts";
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
        expect(await tooLow(page), address).toEqual([]);
        const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        expect(wider, address).toBe(0);
      }
      await page.context().close();
    }
  });
}
