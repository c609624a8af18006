// What the linter cannot see of the messages: keys that are made of what the API answers, and the forms of plurals.
import { describe, expect, it } from 'vitest'
import openapi from '../../../api/openapi.json'

type Tree = { [key: string]: string | Tree }

const files = import.meta.glob<Tree>('../messages/*/*.json', {
  eager: true,
  import: 'default',
  query: '?raw',
}) as unknown as Record<string, string>

function flat(tree: Tree, path = ''): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === 'string' ? [[path + key, value] as [string, string]] : flat(value, `${path}${key}.`),
  )
}

function messagesOf(language: string): Map<string, string> {
  const own = Object.entries(files).filter(([path]) => path.includes(`/${language}/`))
  return new Map(own.flatMap(([, text]) => flat(JSON.parse(text) as Tree)))
}

const languages = { en: messagesOf('en'), ru: messagesOf('ru') }
const placeholders = (text: string) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort()

describe('messages', () => {
  it('are the same keys in both languages, none empty', () => {
    expect([...languages.ru.keys()].sort()).toEqual([...languages.en.keys()].sort())
    expect([...languages.en, ...languages.ru].filter(([, text]) => !text.trim())).toEqual([])
  })
  it('have the same placeholders', () => {
    const differing = [...languages.en].filter(
      ([key, text]) => String(placeholders(text)) !== String(placeholders(languages.ru.get(key) ?? '')),
    )
    expect(differing.map(([key]) => key)).toEqual([])
  })
  it('have two forms in English and three in Russian, where they have forms', () => {
    const forms = (text: string) => text.split(' | ').length
    const wrong = [...languages.en].filter(([key, text]) => {
      const russian = forms(languages.ru.get(key) ?? '')
      return forms(text) === 1 ? russian !== 1 : forms(text) !== 2 || russian !== 3
    })
    expect(wrong.map(([key]) => key)).toEqual([])
  })
  it.each(openapi.components.schemas.ProblemCode.enum)('tell of the problem %s', (code) => {
    expect(languages.en.has(`problem.${code}`)).toBe(true)
  })
})
