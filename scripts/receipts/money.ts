/** How a country prints amounts: the group separator, the decimal mark and how many decimals. */
export interface MoneyStyle {
  group: string;
  decimal: string;
  decimals: number;
  prefix?: string;
  suffix?: string;
}

/** Prints an amount, for example 1284.5 as `1.284,50 €`. */
export function printMoney(amount: number, style: MoneyStyle): string {
  const [whole = "0", fraction] = Math.abs(amount).toFixed(style.decimals).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, style.group);
  const sign = amount < 0 ? "-" : "";
  const digits = fraction === undefined ? grouped : `${grouped}${style.decimal}${fraction}`;
  return `${sign}${style.prefix ?? ""}${digits}${style.suffix ?? ""}`;
}
