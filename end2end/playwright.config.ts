import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig, devices } from "@playwright/test";

// `cargo xtask test` names the server and the browser; by hand, those of the last build and of Debian are taken.
const server = process.env.SOJOURN_BINARY ?? fileURLToPath(new URL("../target/debug/sojourn", import.meta.url));
const browser = process.env.SOJOURN_CHROMIUM ?? "/usr/bin/chromium";
const address = process.env.SOJOURN_ADDRESS ?? "127.0.0.1:3210";
const database = join(mkdtempSync(join(tmpdir(), "sojourn-end2end-")), "hospital.sqlite");

export default defineConfig({
  testDir: "journeys",
  fullyParallel: true,
  forbidOnly: true,
  retries: 0,
  timeout: 120_000,
  // What must be quick says so itself.
  expect: { timeout: 30_000 },
  workers: 2,
  reporter: [["list"]],
  use: {
    ...devices["Desktop Chrome"],
    baseURL: `http://${address}`,
    // A trace of everything doubles the time of all; where it is needed: `npx playwright test --trace on`.
    screenshot: "only-on-failure",
    launchOptions: { executablePath: browser, args: ["--no-sandbox"] },
  },
  projects: [
    // What must be seen within a second, with nothing beside it.
    { name: "live", testMatch: "live.spec.ts", fullyParallel: false },
    { name: "journeys", testIgnore: "live.spec.ts", dependencies: ["live"] },
  ],
  webServer: {
    command: `"${server}" serve --demo --listen ${address} --database-url "sqlite:${database}"`,
    url: `http://${address}/readyz`,
    timeout: 180_000,
    reuseExistingServer: false,
    gracefulShutdown: { signal: "SIGTERM", timeout: 15_000 },
  },
});
