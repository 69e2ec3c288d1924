import { readAmount, readDay } from "./values.ts";

/** As the table `reservations` keeps it. */
export interface Reservation {
  readonly code: string;
  readonly property: string | null;
  readonly guest: string | null;
  readonly check_in: string;
  readonly check_out: string;
  readonly guests: number | null;
  /** A decimal as text. */
  readonly total: string | null;
}

export interface Extracted {
  readonly reservations: readonly Reservation[];
  /** What looked like a reservation and is none, and why. */
  readonly problems: readonly string[];
}

type Field = keyof Reservation;

/** Labels in Portuguese and English, without accents. */
const LABELS: Readonly<Record<Field, RegExp>> = {
  code: /^(?:codigo(?: da reserva)?|reserva n\S*|confirmation code|reservation code|booking (?:code|id))$/,
  property: /^(?:alojamento|propriedade|imovel|casa|property|accommodation|listing)$/,
  guest: /^(?:hospede|nome(?: do hospede)?|cliente|guest(?: name)?|name)$/,
  check_in: /^(?:check-?in|entrada|chegada|arrival)$/,
  check_out: /^(?:check-?out|saida|partida|departure)$/,
  guests: /^(?:hospedes|numero de hospedes|pessoas|guests|number of guests|people)$/,
  total: /^(?:total|valor(?: total)?|preco|amount|price)$/,
};

/** Reads reservations out of text: lines of a label and a value; each code begins another one. */
export function extractReservations(text: string): Extracted {
  const found: Partial<Record<Field, string>>[] = [];
  for (const line of text.split(/\r?\n/)) {
    const [, label = "", value = ""] = /^\s*([^:]{2,40}?)\s*[:;]\s*(\S.*?)\s*$/.exec(line) ?? [];
    const field = fieldOf(label);
    if (field === undefined) continue;
    const last = found.at(-1);
    if (last === undefined || field === "code" || last[field] !== undefined)
      found.push({ [field]: value });
    else last[field] = value;
  }
  const problems: string[] = [];
  const reservations = found.flatMap((fields) => {
    const problem = problemOf(fields);
    if (problem === undefined) return [toReservation(fields)];
    problems.push(problem);
    return [];
  });
  return { reservations, problems };
}

function fieldOf(label: string): Field | undefined {
  const plain = label.normalize("NFD").replaceAll(/\p{M}/gu, "").toLowerCase().trim();
  return (Object.keys(LABELS) as Field[]).find((field) => LABELS[field].test(plain));
}

function problemOf(fields: Partial<Record<Field, string>>): string | undefined {
  const name = fields.code ?? fields.guest ?? "a reservation";
  if (fields.code === undefined) return `${name}: it has no code`;
  const [from, to] = [readDay(fields.check_in), readDay(fields.check_out)];
  if (from === undefined) return `${name}: its arrival is unclear: ${fields.check_in ?? "missing"}`;
  if (to === undefined)
    return `${name}: its departure is unclear: ${fields.check_out ?? "missing"}`;
  return to > from ? undefined : `${name}: it ends on ${to}, and begins on ${from}`;
}

function toReservation(fields: Partial<Record<Field, string>>): Reservation {
  const guests = Number(/\d+/.exec(fields.guests ?? "")?.[0] ?? Number.NaN);
  return {
    code: fields.code ?? "",
    property: fields.property ?? null,
    guest: fields.guest ?? null,
    check_in: readDay(fields.check_in) ?? "",
    check_out: readDay(fields.check_out) ?? "",
    guests: Number.isNaN(guests) ? null : guests,
    total: readAmount(fields.total) ?? null,
  };
}
