import { isTrestleError, TrestleError } from "@trestle/protocol";

/**
 * An error of Postgres' about a value, with the place in the input that the value came from: by the number of
 * the parameter where Postgres tells it, else by the value that it quotes.
 */
export function nameField(
  error: unknown,
  params: readonly (string | null)[],
  fields: readonly string[],
): unknown {
  if (!isTrestleError(error) || !String(error.details?.sqlState ?? "").startsWith("22"))
    return error;
  const field = fieldOf(error, params, fields);
  if (field === undefined) return error;
  return new TrestleError(error.code, `${field}: ${error.message}`, {
    retryable: error.retryable,
    details: { ...error.details, field },
    cause: error,
  });
}

function fieldOf(
  { message, details }: { message: string; details?: { parameter?: unknown } },
  params: readonly (string | null)[],
  fields: readonly string[],
): string | undefined {
  if (typeof details?.parameter === "number") return fields[details.parameter - 1];
  if (message.startsWith("invalid regular expression"))
    return fields.find((field) => /\.i?matches$/.test(field));
  const quoted = /"(.*?)"/s.exec(message)?.[1];
  if (quoted === undefined) return undefined;
  const places = fields.filter((_, index) => params[index] === quoted);
  return places.length > 0 && places.length <= 3 ? places.join(", ") : undefined;
}
