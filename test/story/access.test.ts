// Who can see a record and why, as an administrator meets it in a browser.
import { test } from 'node:test'
import { askAccess, meetRefusal } from './browser/access.ts'
import { customers } from './browser/people.ts'
import { languagesOf, tale } from './browser/tale.ts'

test(
  '[web-120] [web-121] the drawer of a record says who sees each group and why, and why not step by step, and the person refused reads what is missing',
  ...tale({ languages: languagesOf('zh') }, async (stage) => {
    const made = await customers(stage)
    await askAccess(stage, made)
    await meetRefusal(stage, made)
  }),
)
