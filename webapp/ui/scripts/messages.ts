// The messages of both languages, held against each other and against what asks for them: a key or a placeholder that one lacks, a plural
// with too few forms, a key made at run time (`card.status.${…}`) for which there is no message, is an error of the build. The linter sees
// only keys that are written out.
//   messages.ts [DIRECTORY]   where the languages are; src/messages
import { globSync, readdirSync, readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

export type Tree = { [key: string]: string | Tree }
export type Texts = Map<string, string>
export type Languages = Record<string, Texts>
type Schemas = Record<string, { enum?: unknown; properties?: Record<string, { enum?: unknown }> }>

const ROOT = new URL('../', import.meta.url)
/** How many forms a plural has. */
const FORMS: Record<string, number> = { en: 2, ru: 3 }

/**
 * What keys made at run time end with, by what they begin with: an enum of the API's document (`Schema` or `Schema.property`, less what is
 * behind the minus), or words of the pages' own.
 */
export const MADE: Record<string, string | readonly string[]> = {
  'access.ended': ['idle', 'over', 'elsewhere', 'signed_out'],
  'access.register': ['who', 'authenticator', 'codes'],
  'access.strength': ['short', 'weak', 'fair', 'good'],
  'account.explained': 'AccountStatus -active',
  'account.kind': 'ProductKind',
  'account.spans': ['month', 'last_month', 'ninety_days'],
  'account.status': 'AccountStatus',
  'card.explained': 'CardStatus -active',
  'card.scheme': 'CardScheme',
  'card.status': 'CardStatus',
  'card.told': ['frozen', 'released', 'limit'],
  'fault.fault': ['title', 'text'],
  'fault.network': ['title', 'text'],
  'fault.release': ['title', 'text'],
  language: ['ru', 'en'],
  'live.ending': ['idle', 'over'],
  'loan.status': 'LoanStatus',
  'notifications.contact': 'ContactType',
  'notifications.kind': 'NotificationKind',
  'notifications.look': ['security', 'profile', 'beneficiaries', 'standing_orders', 'cards'],
  problem: 'ProblemCode',
  'profile.address': 'Address.address_type',
  'profile.contacts.add': 'ContactType',
  'profile.contacts.hint': 'ContactType',
  'profile.contacts.replace_title': 'ContactType',
  'profile.contacts.value': 'ContactType',
  'staff.access': 'CustomerAccess.status',
  'staff.access.bar': ['has_access', 'organisation', 'not_active'],
  'staff.account_status': 'AccountStatus',
  'staff.card_status': 'CardStatus',
  'staff.contact': 'ContactType',
  'staff.party_status': 'PartyStatus',
  'staff.role': 'HolderRole',
  'standing.ask': 'OrderStatus',
  'standing.ask_why': 'OrderStatus',
  'standing.do': 'OrderStatus',
  'standing.none_': 'OrderStatus -active',
  'standing.status': 'OrderStatus -active',
  'standing.was_': ['made', 'changed'],
  'standing.turned': 'OrderStatus',
  'statement.fault': ['missing', 'backwards', 'too_long'],
  'statement.periods': ['this_month', 'last_month', 'quarter', 'year', 'own'],
  theme: 'Preferences.theme',
  'transaction.in': 'TransferKind',
  'transaction.out': 'TransferKind',
  'transaction.side': 'EntrySide',
  'transaction.status': 'TransferStatus',
  'transaction.told': 'TransferStatus -posted',
  'transfer.phase': ['sending', 'asking', 'code', 'done', 'received', 'refused', 'not_made'],
  'transfer.state': 'TransferStatus',
}
/**
 * Those of which the ends need no message (what has none is shown as it is) or have a test (src/composables/audit.test.ts), and those that
 * are in MADE with their next word.
 */
const OPEN = ['staff.detail', 'staff.event', 'staff.value', 'transaction', 'profile.contacts', 'fault']

function flat(tree: Tree, path = ''): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]): [string, string][] =>
    typeof value === 'string' ? [[path + key, value]] : flat(value, `${path}${key}.`),
  )
}

/** All messages below a directory, by language. */
export function read(directory: URL): Languages {
  const languages: Languages = {}
  for (const language of readdirSync(directory)) {
    const files = readdirSync(new URL(`${language}/`, directory))
    const texts = files.map((file) => readFileSync(new URL(`${language}/${file}`, directory), 'utf8'))
    languages[language] = new Map(texts.flatMap((text) => flat(JSON.parse(text) as Tree)))
  }
  return languages
}

const placeholders = (text: string) => String([...new Set(text.match(/\{\w+\}/g) ?? [])].sort())
const formsOf = (text: string) => text.split(' | ').length

/** What one language lacks that another has. */
function differences(languages: Languages): string[] {
  const keys = new Set(Object.values(languages).flatMap((texts) => [...texts.keys()]))
  const faults: string[] = []
  for (const key of keys) {
    const told = Object.entries(languages).map(([language, texts]) => [language, texts.get(key) ?? ''] as const)
    faults.push(...told.filter(([, text]) => !text.trim()).map(([language]) => `${language}: ${key} is missing`))
    if (new Set(told.map(([, text]) => placeholders(text))).size > 1) faults.push(`${key}: other placeholders`)
    const isPlural = told.some(([, text]) => formsOf(text) > 1)
    for (const [language, text] of told)
      if (isPlural && text && formsOf(text) !== FORMS[language]) faults.push(`${language}: ${key} lacks a form`)
  }
  return faults
}

/** The values of an enum of the API's document. */
function valuesOf(schemas: Schemas, what: string): string[] {
  const [name = '', less] = what.split(' -')
  const [schema = '', property] = name.split('.')
  const found = property ? schemas[schema]?.properties?.[property] : schemas[schema]
  if (!Array.isArray(found?.enum)) throw new Error(`the API has no enum ${name}`)
  return found.enum.filter((value): value is string => typeof value === 'string' && value !== less)
}

/** Keys that are made at run time and have no message. */
function unmade(languages: Languages, schemas: Schemas): string[] {
  return Object.entries(MADE).flatMap(([prefix, what]) => {
    const ends = typeof what === 'string' ? valuesOf(schemas, what) : what
    const keys = ends.map((end) => `${prefix}${prefix.endsWith('_') ? '' : '.'}${end.replaceAll('.', '_')}`)
    return Object.entries(languages).flatMap(([language, texts]) =>
      keys.filter((key) => !texts.has(key)).map((key) => `${language}: ${key} is missing`),
    )
  })
}

/** What the pages make keys of and that is not held against anything. */
export function unknown(sources: readonly string[]): string[] {
  const areas = [...new Set(Object.keys(MADE).map((prefix) => prefix.split('.')[0]))].join('|')
  const keys = new RegExp(`\`((?:${areas})\\.[a-z_.]*)\\$\\{`, 'g')
  const made = sources.flatMap((text) => [...text.matchAll(keys)].map(([, start]) => (start ?? '').replace(/\.$/, '')))
  return [...new Set(made)]
    .filter((start) => !OPEN.includes(start) && !(start in MADE))
    .map((start) => `${start}.\${…} is made at run time, and scripts/messages.ts does not know with what`)
}

export function faultsOf(languages: Languages, schemas: Schemas): string[] {
  return [...new Set([...differences(languages), ...unmade(languages, schemas)])].sort()
}

export function schemasOfApi(): Schemas {
  const document = JSON.parse(readFileSync(new URL('../api/openapi.json', ROOT), 'utf8'))
  return document.components.schemas
}

function main(): void {
  const directory = process.argv[2] ? pathToFileURL(`${process.argv[2]}/`) : new URL('src/messages/', ROOT)
  const paths = globSync('src/**/*.{ts,vue}', { cwd: ROOT }).filter((path) => !path.endsWith('.test.ts'))
  const sources = paths.map((path) => readFileSync(new URL(path, ROOT), 'utf8'))
  const faults = [...faultsOf(read(directory), schemasOfApi()), ...unknown(sources)]
  for (const fault of faults) console.error(`messages: ${fault}`)
  if (faults.length) process.exitCode = 1
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) main()
