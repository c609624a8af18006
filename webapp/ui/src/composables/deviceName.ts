// What a browser calls itself, in words that its owner knows it by: "Firefox, Windows". Only what is sure is said; order matters, because
// most browsers also name those that they are like.

const BROWSERS: [RegExp, string][] = [
  [/\bYaBrowser\//, 'Yandex Browser'],
  [/\bEdg(A|iOS)?\//, 'Edge'],
  [/\bOPR\/|\bOpera\b/, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\bFirefox\/|\bFxiOS\//, 'Firefox'],
  [/\b(Chrome|CriOS|HeadlessChrome|Chromium)\//, 'Chrome'],
  [/\bVersion\/.*\bSafari\//, 'Safari'],
]
const SYSTEMS: [RegExp, string][] = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b|\bMacintosh\b/, 'macOS'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bLinux\b/, 'Linux'],
]

interface Device {
  /** null where it is none that is known */
  name: string | null
  isPhone: boolean
}

export function deviceOf(userAgent: string | null): Device {
  const agent = userAgent ?? ''
  const first = (table: [RegExp, string][]) => table.find(([known]) => known.test(agent))?.[1]
  const name = [first(BROWSERS), first(SYSTEMS)].filter(Boolean).join(', ')
  return { name: name || null, isPhone: /\biPhone\b|\bAndroid\b|\bMobile\b/.test(agent) }
}
