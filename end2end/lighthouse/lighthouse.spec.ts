import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, expect, test } from "@playwright/test";
import lighthouse, { desktopConfig } from "lighthouse";
import { signInOn } from "../journeys/hospital.ts";

const folder = process.env.SOJOURN_KEPT_IN ?? "lighthouse-reports";
const LEAST = { accessibility: 100, performance: 95 };

const WORKPLACES: [name: string, who: string, address: string][] = [
  ["reception", "reception", "/reception"],
  ["doctor", "doctor", "/doctor"],
  ["laboratory", "lab", "/lab?stage=collect"],
  ["journey", "manager", "/patients?q=a"],
  ["analytics", "manager", "/analytics"],
];

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  return typeof address === "object" && address ? address.port : 0;
}

for (const [name, who, address] of WORKPLACES) {
  test(`the marks of the ${name}`, async ({ baseURL, launchOptions }) => {
    // Lighthouse opens pages in the browser's own context, so that is where somebody signs in.
    const port = await freePort();
    const context = await chromium.launchPersistentContext(mkdtempSync(join(tmpdir(), "sojourn-lighthouse-")), {
      ...launchOptions,
      args: [...(launchOptions.args ?? []), `--remote-debugging-port=${port}`],
      baseURL,
    });
    const page = await context.newPage();
    await signInOn(page, who);
    await page.goto(address);
    if (name === "journey") {
      await page.locator("main a[href^='/patients/']").first().click();
      await page.locator("main a[href^='/visits/']").first().click();
      await page.waitForURL(/\/visits\//);
    }
    const flags = { port, onlyCategories: Object.keys(LEAST), disableStorageReset: true, output: "html" as const };
    const result = await lighthouse(page.url(), flags, desktopConfig);
    await context.close();
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${name}.html`), String(result?.report));
    for (const [category, least] of Object.entries(LEAST)) {
      const mark = Math.round((result?.lhr.categories[category]?.score ?? 0) * 100);
      console.log(`${name}: ${category} ${mark}`);
      expect.soft(mark, `${category} of the ${name}`).toBeGreaterThanOrEqual(least);
    }
  });
}
