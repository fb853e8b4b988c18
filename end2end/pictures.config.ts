import { defineConfig } from "@playwright/test";
import journeys from "./playwright.config.ts";

// Pictures of every screen, taken by `cargo xtask pictures`.
export default defineConfig({ ...journeys, testDir: "pictures" });
