import { isKeptNumber, isSecretName } from "@trestle/protocol";

const REDACTED = "[redacted]";

/**
 * Copies a value with every secret taken out: registered values wherever they stand, also inside longer
 * text, and whole fields whose name says that they are secret. Errors become plain objects.
 */
export function createRedactor(secrets: readonly string[]): (value: unknown) => unknown {
  const needles = [...new Set(secrets.flatMap(formsOf))].sort((a, b) => b.length - a.length);

  function redactText(text: string): string {
    let clean = text;
    for (const needle of needles) clean = clean.replaceAll(needle, REDACTED);
    return clean;
  }

  function redact(value: unknown, seen: readonly object[]): unknown {
    if (typeof value === "string") return redactText(value);
    if (typeof value === "bigint") return String(value);
    if (typeof value !== "object" || value === null || isKeptNumber(value)) return value;
    if (seen.includes(value)) return "[circular]";
    const inside = [...seen, value];
    if (inside.length > 12) return "[deep]";
    if (Array.isArray(value)) return value.map((item) => redact(item, inside));
    if (value instanceof Date) return value.toISOString();
    return redactFields(value instanceof Error ? errorFields(value) : value, inside);
  }

  function redactFields(value: object, seen: readonly object[]): object {
    const entries = Object.entries(value).map(([key, item]) => [
      key,
      isSecretName(key) && item !== undefined && item !== null ? REDACTED : redact(item, seen),
    ]);
    return Object.fromEntries(entries);
  }

  return (value) => redact(value, []);
}

/** A secret as it may turn up: as it is, inside JSON, inside a URL, and the password within a URL. */
function formsOf(secret: string): string[] {
  const forms = [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)];
  const password = passwordOf(secret);
  if (password !== undefined) forms.push(password, decoded(password));
  // Shorter ones would tear holes into ordinary words.
  return forms.filter((form) => form.length >= 4);
}

function passwordOf(text: string): string | undefined {
  return /^[a-z][a-z0-9+.-]*:\/\/[^/@\s]*:([^/\s]+)@/i.exec(text)?.[1];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function errorFields(error: Error): object {
  return {
    ...error,
    name: error.name,
    message: error.message,
    stack: error.stack,
    ...(error.cause !== undefined && { cause: error.cause }),
  };
}
