import type { Random } from "./random.ts";

/** An error as the benchmarks make them up: what it says, where it failed, what mended it. */
export interface MadeDiagnosis {
  readonly id: string;
  readonly kind: number;
  readonly name: string;
  readonly message: string;
  readonly stack: string;
  readonly fix: string;
  readonly context: string;
  readonly severity: string;
  readonly timestamp: number;
  readonly metadata: Readonly<Record<string, string>>;
}

type Language = "node" | "python" | "java" | "go";

/** A kind of error: everything that does not change from one time it is met to the next. */
export interface Kind {
  readonly name: string;
  /** With {n} number, {h} host, {p} path, {u} uuid, {x} hex, {q} quoted word. */
  readonly message: string;
  readonly language: Language;
  readonly calls: readonly { readonly module: string; readonly function: string }[];
  readonly fix: string;
  readonly service: string;
}

const SUBJECTS =
  "connection|socket|request|certificate|token|session|transaction|migration|queue|worker|cache|upload|document|invoice|payment|webhook|schema|replica|cursor|lease|template|index|bucket|partition|stream|snapshot|scheduler|archive|credential|tenant|gateway|channel|subscription|checkpoint|thumbnail|attachment|ledger|password|calendar|shipment".split(
    "|",
  );
const TROUBLES =
  "refused by {h} after {n} ms|timed out after {n} seconds waiting for {h}|could not be read from {p}|is missing required property {q}|exceeded the limit of {n} entries|was closed before {q} completed|has an invalid signature {x}|already exists with id {u}|is not allowed for role {q}|failed validation at offset {n}|cannot be cast from {q} to {q}|was rolled back by {u}|returned unexpected status {n} from {h}|ran out of memory allocating {n} bytes|overlaps with {u}|has expired at {n}|could not acquire lock {x}|was rejected: duplicate key {q}|refers to unknown version {n}|could not be written to {p}: no space left".split(
    "|",
  );
const NAMES =
  "TypeError|ConnectionError|TimeoutError|ValidationError|PermissionDenied|IntegrityError|IllegalStateException|SocketException|OperationalError|NotFoundError|ConflictError|OutOfMemoryError|ParseError|AuthenticationError".split(
    "|",
  );
const VERBS =
  "load|save|open|parse|send|fetch|merge|apply|resolve|commit|render|publish|validate|encode|acquire|release|compress|restore".split(
    "|",
  );
const SERVICES =
  "checkout|billing|search|mail|identity|reports|ingest|catalogue|booking|media|ledger|gateway".split(
    "|",
  );
const REMEDIES =
  "raise the pool size|set keepAlive on the client|renew the certificate|add the missing index|retry with backoff|close the cursor before the next query|upgrade the driver|pin the schema version|give the role write access|split the batch|drop the stale lock|increase the heap|check the value for null before use|move the upload to a stream|fix the proxy timeout|wait for the replica to catch up".split(
    "|",
  );
const WORDS =
  "because the default is too low under load and the retry hides it for a while until the node restarts then every caller sees it again which is why the change has to go out with the next release together with the migration of older entries".split(
    " ",
  );

/** So many kinds of errors, each with its message, its places and its fix. */
export function makeKinds(count: number, random: Random): Kind[] {
  return Array.from({ length: count }, () => {
    const subject = random.pick(SUBJECTS);
    return {
      name: random.pick(NAMES),
      message: `${random.pick(VERBS)} ${subject}: ${random.pick(SUBJECTS)} ${random.pick(TROUBLES)}`,
      language: random.pick(["node", "python", "java", "go"] as const),
      calls: Array.from({ length: 8 }, () => ({
        module: `${random.pick(SERVICES)}_${random.pick(SUBJECTS)}`,
        function: `${random.pick(VERBS)}_${random.pick(SUBJECTS)}`,
      })),
      fix: `${random.pick(REMEDIES)} in the ${subject} settings, ${random.pick(REMEDIES)}`,
      service: random.pick(SERVICES),
    };
  });
}

/** One time an error of this kind is met. */
export function meet(kind: Kind, number: number, at: number, random: Random): MadeDiagnosis {
  const prose = Array.from({ length: 10 }, () => random.pick(WORDS)).join(" ");
  return {
    id: `dx_${at.toString(36).padStart(10, "0")}${random.hex(14)}`,
    kind: number,
    name: kind.name,
    message: filled(kind.message, random),
    stack: stackOf(kind, random),
    fix: `${kind.fix}; ${prose}.`,
    context: `${kind.service} ${random.pick(["production", "staging", "ci"])}`,
    severity: random.pick(["low", "medium", "high", "critical"]),
    timestamp: at,
    metadata: { version: `${1 + random.below(4)}.${random.below(10)}`, team: kind.service },
  };
}

/** The same error once more: other parameters, another folder, other lines, and its stack cut. */
export function meetAgain(kind: Kind, random: Random): { message: string; stack: string } {
  const lines = stackOf(kind, random).split("\n");
  const kept = 2 + random.below(4);
  // Python ends with the place of the error, all others begin with it.
  const cut = kind.language === "python" ? lines.slice(-2 * kept) : lines.slice(0, 1 + kept);
  return { message: filled(kind.message, random), stack: cut.join("\n") };
}

function filled(template: string, random: Random): string {
  const made: Readonly<Record<string, () => string>> = {
    n: () => String(1 + random.below(90_000)),
    h: () =>
      `10.${random.below(256)}.${random.below(256)}.${random.below(256)}:${1024 + random.below(9_000)}`,
    p: () => `/srv/${random.pick(SERVICES)}-${random.hex(4)}/data/${random.hex(8)}.json`,
    u: () => [8, 4, 4, 4, 12].map((digits) => random.hex(digits)).join("-"),
    x: () => `0x${random.hex(12)}`,
    q: () => `"${random.pick(SUBJECTS)}${random.below(1_000)}"`,
  };
  return template.replace(/\{(\w)\}/g, (_, letter: string) => made[letter]?.() ?? "");
}

function stackOf({ language, calls, name }: Kind, random: Random): string {
  const root = `/${random.pick(["srv", "home/ci", "opt", "builds"])}/${random.pick(SERVICES)}-${random.hex(3)}`;
  const line = () => 1 + random.below(900);
  const lines = calls.map(({ module, function: call }) => {
    if (language === "node") return `    at ${call} (${root}/src/${module}.js:${line()}:${line()})`;
    if (language === "python")
      return `  File "${root}/${module}.py", line ${line()}, in ${call}\n    ${call}(value)`;
    if (language === "java") return `\tat com.acme.${module}.${call}(${module}.java:${line()})`;
    return `main.${call}(0x${random.hex(8)})\n\t${root}/${module}.go:${line()} +0x${random.hex(3)}`;
  });
  if (language === "python") {
    return `Traceback (most recent call last):\n${lines.toReversed().join("\n")}`;
  }
  return `${name}\n${lines.join("\n")}`;
}
