/** Where one call of a stack stands, without what changes from one build or machine to another. */
export interface Frame {
  /** As the language writes it, without arguments; "" where it has no name. */
  readonly function: string;
  /** The file without its folders; "" where the trace does not say. */
  readonly file: string;
  /** Of the program itself, not of a library or of the language. */
  readonly isInApp: boolean;
}

/** Longer traces repeat themselves. */
const MOST_FRAMES = 64;
const MOST_LINE = 600;
const MOST_STACK = 64_000;

/** One for each way to write a frame; `name` and `file` are what is read. */
const FORMS: readonly RegExp[] = [
  // Java and Kotlin: at com.acme.Shop.pay(Shop.java:12), at app//com.acme.Shop.pay(Native Method)
  /^\s*at (?:[\w.@-]*\/{1,2})?(?<name>[\w$.<>]+)\((?<file>[\w$.-]+|Native Method|Unknown Source)(?::\d+)?\)/,
  // .NET: at Acme.Shop.Pay(String id, Int32 n) in /src/Shop.cs:line 12
  /^\s*at (?<name>[\w.`<>[\]|+]+\([^)]*\))(?: in (?<file>.+?):line \d+)?\s*$/,
  // V8: at async Shop.pay (file:///app/shop.js:1:2), at /app/shop.js:1:2
  /^\s*at (?:async )?(?<name>[^()]+?(?: \[as [^\]]+\])?) \((?<file>.+?)(?::\d+){1,2}\)\s*$/,
  /^\s*at (?:async )?(?<name>)(?<file>[^\s()]+?)(?::\d+){1,2}\s*$/,
  // V8 without a place: at Array.map (<anonymous>)
  /^\s*at (?:async )?(?<name>[^()]+?) \((?<file><anonymous>|native|index \d+)\)\s*$/,
  // Python: File "/app/shop.py", line 12, in pay
  /^\s*File "(?<file>[^"]+)", line \d+(?:, in (?<name>\S+))?/,
  // Firefox and Safari: pay@https://shop.example/a.js:1:2
  /^\s*(?<name>[^\s@()]*)@(?<file>(?:https?|file|webpack|resource|\/)[^\s]*?)(?::\d+){1,2}\s*$/,
];
/** Rust: `12: shop::pay::h0123456789abcdef`, with the place on a line of its own. */
const RUST =
  /^\s*\d+:\s+(?:0x[0-9a-f]+ - )?(?<name>[\w$<>:& ,*'[\]{}#.]+?)(?:::h[0-9a-f]{16})?\s*$/;
const RUST_PLACE = /^\s+at (?<file>\S+?\.rs)(?::\d+){1,2}\s*$/;
/** Go: `main.(*Shop).Pay(0x1, 0x2)`, with the place on the line after it. */
const GO = /^(?<name>[\w./*()-]+\.[\w.()*]+)\(.*\)\s*$/;
const GO_PLACE = /^\s+(?<file>\S+?\.(?:go|s)):\d+(?: \+0x[0-9a-f]+)?\s*$/;
const PLACE = new RegExp(`${RUST_PLACE.source}|${GO_PLACE.source.replace("<file>", "<other>")}`);
const MAY_BE_FRAME = /^\s*(?:at |File "|\d+:\s)|@|\(.*\)\s*$/;
const PYTHON = /^\s*File "/;
const CAUSE = /^\s*(?:Caused by:|\[cause\]:|During handling of)/;

const LIBRARY =
  /node_modules|[\\/](?:site|dist)-packages[\\/]|^node:|^internal\/|<frozen|<anonymous>|^native|[\\/]lib[\\/](?:python|ruby)[\d.]*[\\/]|[\\/]go[\\/]pkg[\\/]mod[\\/]|[\\/]usr[\\/](?:local[\\/])?(?:go|lib)[\\/]|[\\/]\.cargo[\\/]|[\\/]rustc[\\/]|[\\/]vendor[\\/]|Native Method|(?:chrome|moz)-extension:|^resource:/;
const LIBRARY_NAME =
  /^(?:java|javax|jakarta|jdk|sun|com\.sun|kotlin|kotlinx|scala|org\.(?:apache|springframework|hibernate|junit|eclipse|jboss|slf4j)|io\.netty|reactor|System|Microsoft|runtime|net\/http|testing|std|core|alloc|rust_begin_unwind|tokio|__rust|_?start_thread|clone)(?:[.:(/]|$)/;

/** The frames of a stack trace of Node, browsers, Python, Java, Go, Rust or .NET, the innermost first. */
export function framesOf(stack: string): Frame[] {
  return readStack(stack).frames;
}

/** The frames, and what the trace says in words: names and files without folders, and lines that are no frames. */
export function readStack(stack: string): { readonly frames: Frame[]; readonly text: string } {
  const lines = stack.slice(0, MOST_STACK).split("\n");
  const frames: Frame[] = [];
  const texts: string[] = [];
  let isPython = false;
  let isCause = false;
  for (const [at, line] of lines.entries()) {
    isPython ||= PYTHON.test(line);
    // What caused it is a trace of its own, with the frames that lead to both.
    isCause ||= frames.length > 0 && CAUSE.test(line);
    const frame = line.length > MOST_LINE ? undefined : frameIn(line, lines[at + 1] ?? "");
    if (frame === undefined) texts.push(PLACE.test(line) ? "" : line);
    else texts.push(`${frame.function} ${frame.file}`);
    if (frame !== undefined && !isCause && frames.length < MOST_FRAMES) frames.push(frame);
  }
  // Only Python tells the outermost first.
  return { frames: isPython ? frames.reverse() : frames, text: texts.join("\n") };
}

function frameIn(line: string, next: string): Frame | undefined {
  // Most lines that are no frames are told by their first character; a place was read with the line before it.
  if (PLACE.test(line) || !MAY_BE_FRAME.test(line)) return undefined;
  for (const form of FORMS) {
    const groups = form.exec(line)?.groups;
    if (groups !== undefined) return toFrame(groups.name ?? "", groups.file ?? "");
  }
  const rust = RUST.exec(line)?.groups;
  if (rust !== undefined)
    return toFrame(rust.name ?? "", RUST_PLACE.exec(next)?.groups?.file ?? "");
  const place = GO_PLACE.exec(next)?.groups?.file;
  const go = place === undefined ? undefined : GO.exec(line)?.groups;
  return go === undefined ? undefined : toFrame(go.name ?? "", place ?? "");
}

function toFrame(written: string, path: string): Frame {
  const name = written
    .replace(/\(.*\)$/, "")
    .replace(/^(?:async |new |Object\.)/, "")
    .replace(/ \[as [^\]]+\]$/, "")
    // Names that compilers count: lambda$pay$3, pay$1, {{closure}}, {closure#0}.
    .replace(/\$(?:lambda|\d)[\w$]*|\$\d+|#\d+/gi, "")
    .trim();
  return {
    function: name === "<anonymous>" || name === "anonymous" ? "" : name,
    file: fileOf(path),
    isInApp: !LIBRARY.test(path) && !LIBRARY_NAME.test(name),
  };
}

/** `/srv/a/shop.3f2a91bc.js?v=1` is `shop.js`. */
function fileOf(path: string): string {
  const name =
    path
      .replace(/[?#].*$/, "")
      .split(/[\\/]/)
      .at(-1) ?? "";
  return name.replace(/[.-][0-9a-f]{6,}(?=\.)/i, "");
}
