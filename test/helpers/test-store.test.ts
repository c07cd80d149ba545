import { expect, test } from 'vitest'
import { JavaMissing } from '../../lib/local/errors.ts'
import { testStore } from './test-store.ts'

const NO_JAVA = { PATH: '', JAVA_HOME: '' }

test('testStore() is the embedded store on a machine without Java', () => {
  expect(testStore(NO_JAVA)).toBe('embedded')
})

test('testStore() throws in CI when there is no Java', () => {
  expect(() => testStore({ ...NO_JAVA, CI: 'true' })).toThrow(JavaMissing)
})

test('testStore() is what TEST_STORE names', () => {
  expect(testStore({ ...NO_JAVA, TEST_STORE: 'dynamodb-local' })).toBe('dynamodb-local')
  expect(() => testStore({ TEST_STORE: 'dynalite' })).toThrow(
    'expected embedded or dynamodb-local, got dynalite',
  )
})
