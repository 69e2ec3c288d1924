import type { Look } from "./check.ts";

export const webhooks: Look = ({ live, webhooks }) => {
  const name = "webhooks";
  const configured = live.current().events.webhooks.length;
  if (configured === 0) return { name, status: "ok", message: "nobody is told of events" };
  const deliveries = webhooks.current();
  if (!deliveries) {
    const message = "the queue of deliveries cannot be opened; the log of the bridge says why";
    return { name, status: "fail", message, next: "Mend that, then start the bridge again." };
  }
  const letters = deliveries.counts().filter(({ dead }) => dead > 0);
  if (letters.length === 0) {
    return { name, status: "ok", message: `${configured} are told of events` };
  }
  const counts = letters.map(({ target, dead }) => `${target}: ${dead}`).join(", ");
  const message = `deliveries were given up (${counts})`;
  const next =
    "See why with `trestle webhooks`, mend it, and `trestle webhooks replay ID` what still matters.";
  return { name, status: "warn", message, next };
};
