import * as z from "zod";

/** How one setting is named and shown. */
export interface SettingFacts {
  /** Environment variable, and by it the flag: `DATABASE_URL` is also `--database-url`. */
  readonly env: string;
  readonly description: string;
  /** Never logged, never shown; its value is removed from every log line. */
  readonly secret?: boolean;
}

const facts = z.registry<SettingFacts>();

/** Marks a field of a config schema with its environment variable, description and secrecy. */
export function setting<Schema extends z.ZodType>(schema: Schema, told: SettingFacts): Schema {
  // A copy, so that one schema may serve two settings.
  const own = schema.clone();
  facts.add(own, told);
  return own;
}

export function settingFacts(schema: z.ZodType): SettingFacts | undefined {
  return facts.get(schema);
}
