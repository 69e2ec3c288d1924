/** Credentials that give themselves away by their form. Each takes time linear in the text, however hostile. */
const secretPatterns: readonly [RegExp, string][] = [
  [/:\/\/([^\s:/@]*):[^\s@/]+@/g, "://$1:[redacted]@"],
  [/\b(bearer|basic)\s+[a-z0-9._~+/=-]{8,}/gi, "$1 [redacted]"],
  [/\b(?:sk|pk|rk)[-_](?:[a-z]{1,20}[-_]){0,4}[A-Za-z0-9]{16,}/g, "[redacted]"],
  [/\bsk-(?:ant|proj|svcacct)-[A-Za-z0-9_-]{16,}/g, "[redacted]"],
  [
    /\b(?:ghp|gho|ghs|ghu|ghr|github_pat|glpat|xox[abeprs]|xapp|napi|npm|hf|dop_v1|shpat|pypi)[-_][A-Za-z0-9_-]{10,}/g,
    "[redacted]",
  ],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, "[redacted]"],
  // Google
  [/\bAIza[A-Za-z0-9_-]{35}/g, "[redacted]"],
  [/\bya29\.[A-Za-z0-9_-]{20,}/g, "[redacted]"],
  // Signed tokens: their head is always an object of JSON in Base64.
  [/\beyJ[A-Za-z0-9_-]{8,500}\.eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?/g, "[redacted]"],
  // Addresses that are a secret themselves.
  [/(hooks\.slack\.com\/(?:services|workflows)\/)[A-Za-z0-9/_-]{10,}/g, "$1[redacted]"],
  [/(discord(?:app)?\.com\/api\/webhooks\/)[A-Za-z0-9/_-]{10,}/g, "$1[redacted]"],
  // Our own: API keys and the admin credential.
  [/\btrestle_(?:[0-9a-f]{12}|admin)_[A-Za-z0-9_-]{43}/g, "[redacted]"],
  // Without its end where the text is cut.
  [
    /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
    "[redacted]",
  ],
];

const SECRET_NAME =
  "(?:pass(?:word|wd|phrase)|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|secret[_-]?key|account[_-]?key|credentials?)";
/** `PASSWORD=hunter2`, `--token=…`, `;Pwd=…;`: without spaces it is no program's text, unless it names another variable. */
const assigned = new RegExp(
  `(?<=${SECRET_NAME})=(?![$<{(*]|process\\.|os\\.|env\\.|None\\b|null\\b|true\\b|false\\b|undefined\\b|\\[redacted)(["']?)[^\\s"'&;,)}\\\\]{3,}`,
  "gi",
);
/** `"password": "hunter2"`, `token = 'abc123…'`: in quotation marks and with a digit, else it is a type or a label. */
const quoted = new RegExp(
  `(?<=${SECRET_NAME}\\\\?["']?\\s{0,3})([:=]\\s{0,3}\\\\?)(["'])(?=[^"'\\s]{0,80}\\d)[^"'\\s\\\\]{6,}`,
  "gi",
);

/**
 * What any of them needs somewhere: texts without it, nearly all, are looked at with these alone. They look for a
 * rare character and then at what stands before it, which is several times quicker than to look for words.
 */
const hints: readonly RegExp[] = [
  /(?<=(?:pass(?:word|wd|phrase)|pwd|secret|token|key|credentials?)\\?["']?\s{0,3})[:=]|:\/\/[^\s:/@]*:|(?<=[spr]k|gh[posur]|github_pat|glpat|xox[abeprs]|xapp|napi|npm|hf|dop_v1|shpat|pypi|trestle)[-_]/i,
  /(?<=A)(?:KIA|SIA|Iza)|(?<=ey)J|(?<=ya)29\.|(?<=slack|discord|discordapp)\.com\/|(?<=-----)BEGIN/,
  /(?:bearer|basic)\s/i,
];

/** The text without what looks like a credential. */
export function withoutSecrets(text: string): string {
  if (!hints.some((hint) => hint.test(text))) return text;
  const safe = secretPatterns.reduce(
    (part, [pattern, replacement]) => part.replace(pattern, replacement),
    text,
  );
  return safe.replace(assigned, "=$1[redacted]").replace(quoted, "$1$2[redacted]");
}
