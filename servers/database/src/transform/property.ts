import type { JsonObject } from "@trestle/protocol";
import { fromRow, type Mapping, toRow } from "./mapping.ts";

/** A house with one unit to let or several. */
export interface Property {
  readonly id: string;
  readonly name: string;
  readonly address: string | null;
  readonly city: string | null;
  readonly country: string | null;
  /** How many can be let at once; 1 where nobody says. */
  readonly units: number;
  readonly bedrooms: number | null;
  readonly maxGuests: number | null;
  /** A decimal as text. */
  readonly nightlyRate: string | null;
  readonly currency: string | null;
  readonly active: boolean;
}

export const PROPERTY: Mapping = {
  id: { type: "text", also: ["property_id"], required: true },
  name: { type: "text", also: ["property_name", "title"], required: true },
  address: { type: "text", also: ["street", "address_line_1"] },
  city: { type: "text" },
  country: { type: "text", also: ["country_code"] },
  units: { type: "integer", also: ["unit_count", "number_of_units"] },
  bedrooms: { type: "integer", also: ["beds", "bedroom_count"] },
  maxGuests: { type: "integer", also: ["capacity", "sleeps"] },
  nightlyRate: { type: "decimal", also: ["price_per_night", "rate", "base_price"] },
  currency: { type: "text", also: ["currency_code"] },
  active: { type: "boolean", also: ["is_active"] },
};

/** A row of a table of properties, whichever of the usual names its columns have. */
export function toProperty(row: JsonObject): Property {
  const { units, active, ...property } = fromRow(PROPERTY, row);
  return { ...property, units: units ?? 1, active: active ?? true } as unknown as Property;
}

export function propertyRow(property: Partial<Property>): JsonObject {
  return toRow(PROPERTY, property as JsonObject);
}
