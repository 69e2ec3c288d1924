import { messageOf, TrestleError } from "@trestle/protocol";

/** Throws `invalid_config` naming the setting that holds it. */
export function toPattern(pattern: string, setting: string): RegExp {
  try {
    return new RegExp(pattern);
  } catch (error) {
    throw new TrestleError(
      "invalid_config",
      `${setting} holds ${JSON.stringify(pattern)}, which is no regular expression: ${messageOf(error)}`,
    );
  }
}
