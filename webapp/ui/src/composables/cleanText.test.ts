import { expect, it } from 'vitest'
import { cleanText } from './cleanText'

it.each([
  ['  Rent  for\tMay ', 'Rent  for May'],
  ['a\u200bb', 'a b'],
  ['\u202eabc', 'abc'],
  ['За квартиру — №5', 'За квартиру — №5'],
  ['\n', ''],
])('%j is %j', (text, clean) => {
  expect(cleanText(text)).toBe(clean)
})
