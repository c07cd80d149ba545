import { invalid } from './refusal.ts'

/** "Numbers can have up to 38 digits of precision." */
const DIGITS_MAX = 38
/** "Positive range: 1E-130 to 9.9999999999999999999999999999999999999E+125." */
const EXPONENT_MAX = 125
const EXPONENT_MIN = -130

/** 0.digits × 10^exponent, without zeros at either end of the digits; no digits is zero. */
export type Decimal = { readonly negative: boolean; readonly digits: string; readonly exponent: number }

const ZERO: Decimal = { negative: false, digits: '', exponent: 0 }
/** A whole number as most programs write it: no sign, and no zero at either end. */
const PLAIN = /^[1-9](?:\d{0,36}[1-9])?$/
const PATTERN = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/

/** Throws a `Refusal` if the text is not a number that DynamoDB can store. */
export function parseDecimal(text: string): Decimal {
  if (PLAIN.test(text)) return { negative: false, digits: text, exponent: text.length }
  const match = PATTERN.exec(text)
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match ?? []
  if (match === null || whole + fraction === '')
    throw invalid('A value provided cannot be converted into a number')
  return checked(normal(sign === '-', whole + fraction, whole.length + Number(exponent)))
}

/** The text that DynamoDB returns: no exponent, no needless zeros. */
export function formatDecimal({ negative, digits, exponent }: Decimal): string {
  if (digits === '') return '0'
  const sign = negative ? '-' : ''
  if (exponent <= 0) return `${sign}0.${'0'.repeat(-exponent)}${digits}`
  if (exponent >= digits.length) return sign + digits + '0'.repeat(exponent - digits.length)
  return `${sign}${digits.slice(0, exponent)}.${digits.slice(exponent)}`
}

export function compareDecimals(a: Decimal, b: Decimal): number {
  if (signOf(a) !== signOf(b)) return signOf(a) - signOf(b)
  const upwards = signOf(a)
  if (a.exponent !== b.exponent) return upwards * (a.exponent - b.exponent)
  if (a.digits === b.digits) return 0
  return upwards * (a.digits < b.digits ? -1 : 1)
}

/** Exact; throws a `Refusal` if the sum needs more digits than DynamoDB keeps. */
export function addDecimals(a: Decimal, b: Decimal): Decimal {
  // Both as whole numbers of the smaller unit.
  const unit = Math.min(a.exponent - a.digits.length, b.exponent - b.digits.length)
  const sum = wholeOf(a, unit) + wholeOf(b, unit)
  const text = (sum < 0n ? -sum : sum).toString()
  return checked(normal(sum < 0n, text, text.length + unit))
}

export function negated(decimal: Decimal): Decimal {
  return decimal.digits === '' ? decimal : { ...decimal, negative: !decimal.negative }
}

/** What it takes of an item's size: one byte for two digits on either side of the point, one for the exponent, one for minus. */
export function decimalBytes({ negative, digits, exponent }: Decimal): number {
  if (digits === '') return 1
  const padding = exponent % 2 === 0 ? 0 : 1
  return Math.ceil((digits.length + padding) / 2) + 1 + (negative ? 1 : 0)
}

function normal(negative: boolean, allDigits: string, exponent: number): Decimal {
  const leading = /^0*/.exec(allDigits)?.[0].length ?? 0
  const digits = allDigits.slice(leading).replace(/0+$/, '')
  return digits === '' ? ZERO : { negative, digits, exponent: exponent - leading }
}

function checked(decimal: Decimal): Decimal {
  const { digits, exponent } = decimal
  if (digits === '') return decimal
  if (digits.length > DIGITS_MAX) throw invalid(`DynamoDB only supports precision up to ${DIGITS_MAX} digits`)
  if (exponent - 1 > EXPONENT_MAX)
    throw invalid('Number overflow. Attempting to store a number with magnitude larger than supported range')
  if (exponent - 1 < EXPONENT_MIN)
    throw invalid(
      'Number underflow. Attempting to store a number with magnitude smaller than supported range',
    )
  return decimal
}

function signOf({ negative, digits }: Decimal): number {
  if (digits === '') return 0
  return negative ? -1 : 1
}

function wholeOf({ negative, digits, exponent }: Decimal, unit: number): bigint {
  if (digits === '') return 0n
  const whole = BigInt(digits) * 10n ** BigInt(exponent - digits.length - unit)
  return negative ? -whole : whole
}
