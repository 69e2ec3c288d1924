import { isJsonObject, isSecretName, type JsonObject } from "@trestle/protocol";

/** A secret that stands in an entry as it is. */
export interface LiteralSecret {
  readonly key: string;
  /** A variable that could hold it. */
  readonly variable: string;
}

/** How the tokens of well-known services begin. */
const TOKEN =
  /^(sk[-_]|rk_|pk_|gh[pousr]_|github_pat_|glpat-|xox[abpr]-|napi_|sbp_|rnd_|AKIA|eyJ)[\w-]|\b(bearer|basic) +[^\s$]/i;
/** Names of variables that hold secrets and do not end in one of the words that all names may end in. */
const SECRET_VARIABLE = /(^|_)(KEY|PAT|PASS|PWD|DSN|AUTH)$/i;
/** Whatever stands there was handed to a server to keep. */
const SECRET_PLACES = ["env", "headers", "http_headers"];

/** Every string of a document that nobody may be shown: what is in secret places, and what looks like a secret. */
export function hiddenValues(document: unknown): Set<string> {
  const hidden = new Set<string>();
  const hide = (value: unknown): void => {
    if (typeof value === "number") hidden.add(String(value));
    if (typeof value === "string" && value !== "" && !isReference(value)) hidden.add(value);
  };
  const look = (value: unknown, name: string, isPlace: boolean): void => {
    if (Array.isArray(value)) {
      for (const [index, word] of value.entries()) {
        if (typeof word === "string") {
          if (isPlace || isSecretWord(word, value[index - 1])) hide(word);
        } else look(word, name, isPlace);
      }
    } else if (typeof value === "object" && value !== null) {
      for (const [key, item] of Object.entries(value)) {
        look(item, key, isPlace || SECRET_PLACES.includes(key));
      }
    } else if (isPlace || isNameOfSecret(name) || looksSecret(String(value))) hide(value);
  };
  look(document, "", false);
  return hidden;
}

/** What in the entry of a server is a secret by its name or its looks. References are none. */
export function literalSecrets(server: string, entry: JsonObject): LiteralSecret[] {
  const found: LiteralSecret[] = [];
  const add = (key: string, name: string): void => {
    found.push({ key, variable: variableOf(server, name) });
  };
  const { env, headers, args, url } = entry;
  for (const [name, value] of Object.entries(isJsonObject(env) ? env : {})) {
    if (typeof value !== "string" || value === "" || isReference(value)) continue;
    if (isNameOfSecret(name) || looksSecret(value)) add(`env.${name}`, name);
  }
  for (const [name, value] of Object.entries(isJsonObject(headers) ? headers : {})) {
    if (typeof value !== "string" || value === "" || isReference(value)) continue;
    if (isNameOfSecret(name) || looksSecret(value)) add(`headers.${name}`, name);
  }
  const words = Array.isArray(args) ? args.map(String) : [];
  for (const [index, word] of words.entries()) {
    if (!isReference(word) && isSecretWord(word, words[index - 1])) {
      add(`args.${index}`, nameIn(word, words[index - 1]));
    }
  }
  if (typeof url === "string" && hasPassword(url)) add("url", "");
  return found;
}

/** A reference alone, or behind the word that says what kind of credential it is. */
function isReference(value: string): boolean {
  return /^\s*((bearer|basic|token)\s+)?\$\{[^}]+\}\s*$/i.test(value);
}

function isNameOfSecret(name: string): boolean {
  return isSecretName(name) || SECRET_VARIABLE.test(name);
}

function looksSecret(value: string): boolean {
  return TOKEN.test(value) || hasPassword(value);
}

/** `--token VALUE`, `--token=VALUE`, `TOKEN=VALUE` (as for containers), `Authorization: VALUE`. */
function isSecretWord(word: string, before: unknown): boolean {
  const [, , value] = PAIR.exec(word) ?? [];
  if (looksSecret(value ?? word)) return true;
  return isNameOfSecret(nameIn(word, before)) && (value === undefined || !isReference(value));
}

const PAIR = /^-{0,2}([A-Za-z][\w.-]*)(?:=|:\s)\s*(.+)$/s;

function nameIn(word: string, before: unknown): string {
  const [, own] = PAIR.exec(word) ?? [];
  if (own !== undefined) return own;
  if (word.startsWith("-")) return "";
  return /^--?([A-Za-z][\w-]*)$/.exec(String(before ?? ""))?.[1] ?? "";
}

function hasPassword(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { password, searchParams } = new URL(value);
  if (password !== "" && !password.startsWith("$")) return true;
  return [...searchParams].some(([name, item]) => isNameOfSecret(name) && !isReference(item));
}

function variableOf(server: string, name: string): string {
  const isOwnName = /^[A-Z][A-Z0-9]*_[A-Z0-9_]+$/.test(name);
  const words = isOwnName ? name : `${server}_${name || "SECRET"}`;
  return words.toUpperCase().replaceAll(/[^A-Z0-9]+/g, "_");
}
