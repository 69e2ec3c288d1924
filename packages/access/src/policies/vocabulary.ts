import { type JsonPrimitive, matchesGlob } from "@trestle/protocol";
import type { PolicyDocument, Statement } from "./document.ts";
import { badField } from "./fields.ts";

/** What the requests of one place can say. */
export interface Vocabulary {
  readonly actions: readonly string[];
  /** Names of attributes, in which `*` stands for any run of characters, with their values where those are known. */
  readonly attributes: Readonly<Record<string, readonly JsonPrimitive[] | "any">>;
}

/** A rule that could never apply is a mistake: a denial that somebody relies on would deny nothing. */
export function checkVocabulary({ statements }: PolicyDocument, vocabulary: Vocabulary): void {
  for (const [index, { actions, conditions }] of statements.entries()) {
    const path = `statements[${index}]`;
    checkActions(actions, path, vocabulary);
    for (const [name, wanted] of Object.entries(conditions?.attributes ?? {}))
      checkAttribute(name, [wanted].flat(), `${path}.conditions.attributes`, vocabulary);
  }
}

function checkActions(actions: Statement["actions"], path: string, { actions: known }: Vocabulary) {
  for (const [index, action] of actions.entries()) {
    if (known.some((each) => matchesGlob(action, each))) continue;
    throw badField(
      `${path}.actions[${index}]`,
      `is "${action}", which is no action; actions are ${known.join(", ")}`,
    );
  }
}

function checkAttribute(
  name: string,
  wanted: readonly JsonPrimitive[],
  path: string,
  { attributes }: Vocabulary,
): void {
  const found = Object.entries(attributes).find(([pattern]) => matchesGlob(pattern, name));
  if (!found) {
    const known = Object.keys(attributes).join(", ");
    throw badField(`${path}.${name}`, `is no attribute; attributes are ${known}`);
  }
  const [, values] = found;
  const strange = values === "any" ? undefined : wanted.find((each) => !values.includes(each));
  if (values === "any" || strange === undefined) return;
  throw badField(
    `${path}.${name}`,
    `is ${JSON.stringify(strange)}, which it never is; it is one of ${values.join(", ")}`,
  );
}
