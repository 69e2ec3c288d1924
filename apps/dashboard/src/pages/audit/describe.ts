/** What the bridge writes into its audit log, by the name of the event. Servers add events of their own. */
const WORDS: Readonly<Record<string, string>> = {
  administered: "Administered",
  administration_failed: "Administration failed",
  configuration_changed: "Configuration changed",
  key_created: "Key made",
  key_rotated: "Key rotated",
  key_revoked: "Key revoked",
  logged_in: "Logged in",
  logged_out: "Logged out",
  review_approved: "Review approved",
  review_rejected: "Review rejected",
  autotuned: "Tuned by itself",
  restored: "Restored from a backup",
  reset: "Reset",
  call_refused: "Call refused",
  operation_refused: "Operation refused",
  credential_refused: "Credential refused",
  request_refused: "Request refused",
  address_refused: "Address refused",
  csrf_refused: "Forged request refused",
  login_refused: "Login refused",
  more_refused: "More refusals",
};

/** To choose from. */
export const EVENTS: readonly string[] = Object.keys(WORDS);

export function wordsOf(event: string): string {
  return WORDS[event] ?? event.replaceAll("_", " ");
}

/** What is told in columns of its own. */
const TOLD = new Set(["event", "principal", "by"]);
const LONGEST = 120;

/** The other facts of an entry in one line. */
export function describe(entry: Readonly<Record<string, unknown>>): string {
  const facts = Object.entries(entry).filter(([name]) => !TOLD.has(name));
  return facts.map(([name, value]) => `${name.replaceAll("_", " ")} ${textOf(value)}`).join(" · ");
}

function textOf(value: unknown): string {
  if (Array.isArray(value) && value.every((each) => typeof each === "string"))
    return textOf(value.join(", "));
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
