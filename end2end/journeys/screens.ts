/** Every screen, with somebody of the demo hospital who works at it. */
export const SCREENS: [who: string, addresses: string[]][] = [
  ["reception", ["/reception", "/reception?q=a", "/reception?register=new", "/reception/closing", "/reception/calls", "/bookings", "/billing/cash-up", "/queue/consultation", "/queue/lab", "/billing", "/patients"]],
  ["doctor", ["/doctor", "/doctor?tab=prescribe", "/doctor?tab=tests", "/doctor?tab=results", "/doctor?tab=vitals"]],
  ["lab", ["/lab?stage=collect", "/lab?stage=running", "/lab?stage=handover"]],
  ["pathologist", ["/lab?stage=review", "/lab?stage=approve"]],
  ["manager", ["/analytics", "/analytics?period=today&measure=consultation-wait", "/analytics/journeys", "/analytics/breaches", "/analytics/visits", "/analytics/targets"]],
  ["admin", ["/admin", "/admin/house", "/admin/tariff", "/admin/rules", "/admin/tokens", "/admin/projections"]],
  ["auditor", ["/audit", "/audit/events", "/patients", "/billing", "/nowhere"]],
];
