import { isJsonObject, type JsonObject, type JsonValue } from "@trestle/protocol";
import { parseRange } from "./address-range.ts";
import type { Conditions, PolicyDocument, Statement } from "./document.ts";
import { badField } from "./fields.ts";
import { parseDaytime } from "./time-window.ts";
import { checkVocabulary, type Vocabulary } from "./vocabulary.ts";

/**
 * Checks a policy document in full, with a vocabulary also for rules that could never apply. Throws
 * `invalid_input` naming the field that is wrong.
 */
export function parsePolicy(value: unknown, vocabulary?: Vocabulary): PolicyDocument {
  const document = objectAt(value as JsonValue, "policy", ["id", "statements"]);
  textAt(document.id, "id");
  const statements = listAt(document.statements, "statements");
  for (const [index, each] of statements.entries()) {
    checkStatement(each, `statements[${index}]`);
  }
  const policy = structuredClone(document) as unknown as PolicyDocument;
  if (vocabulary) checkVocabulary(policy, vocabulary);
  return policy;
}

const statementKeys: readonly (keyof Statement)[] = [
  "id",
  "effect",
  "actions",
  "resources",
  "principals",
  "conditions",
];
const conditionKeys: readonly (keyof Conditions)[] = ["ip", "time", "attributes"];

function checkStatement(value: JsonValue, path: string): void {
  const statement = objectAt(value, path, statementKeys);
  if (statement.id !== undefined) textAt(statement.id, `${path}.id`);
  if (statement.effect !== "allow" && statement.effect !== "deny") {
    throw badField(`${path}.effect`, 'is not "allow" or "deny"');
  }
  textsAt(statement.actions, `${path}.actions`);
  textsAt(statement.resources, `${path}.resources`);
  if (statement.principals !== undefined) textsAt(statement.principals, `${path}.principals`);
  if (statement.conditions !== undefined) {
    checkConditions(statement.conditions, `${path}.conditions`);
  }
}

function checkConditions(value: JsonValue, path: string): void {
  const conditions = objectAt(value, path, conditionKeys);
  if (conditions.ip !== undefined) {
    for (const [index, range] of textsAt(conditions.ip, `${path}.ip`).entries()) {
      if (!parseRange(range)) throw badField(`${path}.ip[${index}]`, "is no address or CIDR range");
    }
  }
  if (conditions.time !== undefined) checkTime(conditions.time, `${path}.time`);
  if (conditions.attributes !== undefined) {
    checkAttributes(conditions.attributes, `${path}.attributes`);
  }
}

function checkTime(value: JsonValue, path: string): void {
  const time = objectAt(value, path, ["from", "until", "daily"]);
  for (const key of ["from", "until"] as const) {
    if (time[key] === undefined) continue;
    if (Number.isNaN(Date.parse(textAt(time[key], `${path}.${key}`)))) {
      throw badField(`${path}.${key}`, "is no ISO 8601 time");
    }
  }
  if (time.daily === undefined) return;
  const daily = objectAt(time.daily, `${path}.daily`, ["from", "until"]);
  for (const key of ["from", "until"] as const) {
    if (parseDaytime(textAt(daily[key], `${path}.daily.${key}`)) === undefined) {
      throw badField(`${path}.daily.${key}`, "is not HH:MM");
    }
  }
}

function checkAttributes(value: JsonValue, path: string): void {
  if (!isJsonObject(value)) throw badField(path, "is not an object");
  for (const [key, wanted] of Object.entries(value)) {
    const values = Array.isArray(wanted) ? wanted : [wanted];
    if (values.length === 0 || values.some((each) => typeof each === "object" && each !== null)) {
      throw badField(`${path}.${key}`, "is not a plain value or a list of some");
    }
  }
}

/** An object with no other keys: a misspelt condition must not make a rule wider. */
function objectAt(value: JsonValue | undefined, path: string, keys: readonly string[]): JsonObject {
  if (!isJsonObject(value)) throw badField(path, "is not an object");
  const unknown = Object.keys(value).find((key) => !keys.includes(key));
  if (unknown !== undefined) {
    throw badField(`${path}.${unknown}`, `is unknown; known are ${keys.join(", ")}`);
  }
  return value;
}

function listAt(value: JsonValue | undefined, path: string): JsonValue[] {
  if (!Array.isArray(value) || value.length === 0) throw badField(path, "is not a list of some");
  return value;
}

function textsAt(value: JsonValue | undefined, path: string): string[] {
  return listAt(value, path).map((each, index) => textAt(each, `${path}[${index}]`));
}

function textAt(value: JsonValue | undefined, path: string): string {
  if (typeof value !== "string" || value === "") throw badField(path, "is not a text");
  return value;
}
