import { defineConfig } from "@playwright/test";
import journeys from "./playwright.config.ts";

// Lighthouse's marks, given by `cargo xtask lighthouse`; one page after the other, for each is timed.
export default defineConfig({ ...journeys, testDir: "lighthouse", workers: 1 });
