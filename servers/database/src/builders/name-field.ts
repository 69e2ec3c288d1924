import { isTrestleError, TrestleError } from "@trestle/protocol";

/**
 * An error of Postgres' about a statement that nobody wrote: without its place in the text, and with the place
 * in the input that the value came from: by the number of its parameter where Postgres tells it, else by what it quotes.
 */
export function nameField(
  error: unknown,
  params: readonly (string | null)[],
  fields: readonly string[],
): unknown {
  if (!isTrestleError(error) || typeof error.details?.sqlState !== "string") return error;
  const message = error.message.replace(/ \(at character \d+\)/, "");
  const { sqlState, parameter } = error.details;
  const field =
    typeof parameter === "number"
      ? fields[parameter - 1]
      : sqlState.startsWith("22")
        ? fieldOf(message, params, fields)
        : undefined;
  return new TrestleError(error.code, field === undefined ? message : `${field}: ${message}`, {
    retryable: error.retryable,
    details: { ...error.details, ...(field === undefined ? {} : { field }) },
    cause: error,
  });
}

/** A value that many fields have in common tells of none of them. */
function fieldOf(
  message: string,
  params: readonly (string | null)[],
  fields: readonly string[],
): string | undefined {
  if (message.startsWith("invalid regular expression"))
    return fields.find((field) => /\.i?matches$/.test(field));
  const quoted = /"(.*?)"/s.exec(message)?.[1];
  if (quoted === undefined) return undefined;
  const places = fields.filter((_, index) => params[index] === quoted);
  return places.length > 0 && places.length <= 3 ? places.join(", ") : undefined;
}
