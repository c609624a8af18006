// What people type or paste as a text, without what the bank does not take in one: control characters, and those that show nothing
// or turn the direction of writing.
const UNWANTED =
  /[\u0000-\u001f\u007f-\u009f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff]+/g

export function cleanText(text: string): string {
  return text.replace(UNWANTED, ' ').trim()
}
