import { join } from "node:path";
import { test } from "@playwright/test";
import { closeShift, keepsShell, overcharge, refer, register, share, signIn } from "../journeys/hospital.ts";
import { SCREENS, nameOf, show } from "../journeys/screens.ts";

const folder = process.env.SOJOURN_KEPT_IN ?? "pictures-taken";
const SIZES = { desktop: { width: 1440, height: 900 }, tablet: { width: 1024, height: 768 } };

// All looks are of one hospital, which asks back when somebody of the same name comes again.
const PATIENTS = ["Asha Verma", "Binod Thakur", "Celine Lobo", "Devika Menon"];

for (const colorScheme of ["light", "dark"] as const) {
  for (const [size, viewport] of Object.entries(SIZES)) {
    const into = join(folder, `${size}-${colorScheme === "light" ? "day" : "night"}`);
    const patient = PATIENTS.shift() ?? "";
    const options = { colorScheme, viewport, reducedMotion: "reduce" as const };

    test(`the sign-in page, ${size}, ${colorScheme}`, async ({ browser }) => {
      const page = await (await browser.newContext(options)).newPage();
      await page.goto("/login");
      await page.screenshot({ path: join(into, "login.png"), fullPage: true });
    });

    for (const [who, screens] of SCREENS) {
      test(`the screens of ${who}, ${size}, ${colorScheme}`, async ({ browser }) => {
        const page = await signIn(browser, who, options);
        for (const screen of screens) {
          await show(page, screen);
          await page.screenshot({ path: join(into, `${who}-${nameOf(screen)}.png`), fullPage: true });
        }
      });
    }

    test(`the laboratory without network, ${size}, ${colorScheme}`, async ({ browser }) => {
      const page = await signIn(browser, "lab", options);
      await page.goto("/lab?stage=running");
      await keepsShell(page);
      await page.context().setOffline(true);
      await page.goto("/lab/offline?stage=running");
      await page.screenshot({ path: join(into, "lab-offline.png"), fullPage: true });
    });

    test(`a journey, a patient, a slip, the display, a shared document, a refusal, a closed shift and a letter, ${size}, ${colorScheme}`, async ({ browser }) => {
      const page = await signIn(browser, "manager", options);
      await page.goto("/patients?q=a");
      await page.locator("main a[href^='/patients/']").first().click();
      await page.screenshot({ path: join(into, "patient.png"), fullPage: true });
      await page.locator("main a[href^='/visits/']").first().click();
      await page.screenshot({ path: join(into, "journey.png"), fullPage: true });
      const reception = await signIn(browser, "reception", options);
      await reception.goto(`${new URL(page.url()).pathname}/slip`);
      await reception.screenshot({ path: join(into, "slip.png"), fullPage: true });
      await reception.goto("/queue/consultation");
      const display = await reception.getByRole("link", { name: "Waiting-room display" }).getAttribute("href");
      await reception.goto(display ?? "/");
      await reception.screenshot({ path: join(into, "display.png") });
      const visit = await register(reception, patient);
      await reception.goto(await share(reception, visit));
      await reception.screenshot({ path: join(into, "shared.png"), fullPage: true });
      await overcharge(reception, visit);
      await reception.screenshot({ path: join(into, "refusal.png"), fullPage: true });
      await reception.goto(await closeShift(reception, visit));
      await reception.screenshot({ path: join(into, "shift-closed.png"), fullPage: true });
      const doctor = await signIn(browser, "doctor", options);
      await doctor.goto(await refer(doctor, visit, patient));
      await doctor.screenshot({ path: join(into, "letter-referral.png"), fullPage: true });
    });
  }
}
