import { extractReservations } from "./reservations.ts";

const WORDS = {
  por: [
    "reserva",
    "hospede",
    "entrada",
    "saida",
    "alojamento",
    "noites",
    "de",
    "do",
    "da",
    "para",
    "fatura",
  ],
  eng: [
    "reservation",
    "guest",
    "arrival",
    "departure",
    "property",
    "nights",
    "the",
    "of",
    "and",
    "to",
    "invoice",
  ],
} as const;

const KINDS = [
  ["invoice", /\b(?:fatura|invoice|recibo|receipt)\b/i],
  ["contract", /\b(?:contrato|contract|agreement)\b/i],
] as const;

export interface Analysis {
  readonly language: "por" | "eng" | "unknown";
  readonly kind: "reservation" | "invoice" | "contract" | "other";
  readonly summary: string;
}

/** What a text is about, by the words of such documents. */
export function analyze(text: string): Analysis {
  const plain = text.normalize("NFD").replaceAll(/\p{M}/gu, "").toLowerCase();
  const words = plain.match(/[a-z]+/g) ?? [];
  const count = (known: readonly string[]) => words.filter((word) => known.includes(word)).length;
  const [por, eng] = [count(WORDS.por), count(WORDS.eng)];
  const { reservations } = extractReservations(text);
  const kind =
    reservations.length > 0
      ? "reservation"
      : (KINDS.find(([, is]) => is.test(plain))?.[0] ?? "other");
  const first =
    text
      .split("\n")
      .find((line) => line.trim() !== "")
      ?.trim() ?? "";
  const many = reservations.length === 1 ? "1 reservation" : `${reservations.length} reservations`;
  return {
    language: por === eng ? "unknown" : por > eng ? "por" : "eng",
    kind,
    summary:
      kind === "reservation"
        ? `${many}: ${reservations.map(({ code }) => code).join(", ")}`
        : first.slice(0, 200),
  };
}
