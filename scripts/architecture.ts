// Draws docs/images/rooms.svg from the imports, and puts the files that a stored request passes into docs/architecture.md, in their
// order: `npm run architecture`. A file that is new on the way gets a `?` for its reason; write it. Tests compare both with the tree.
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { repository } from '../packages/coatcheck/test/tree/files.ts'
import { picturePath, putWay, reasonsOnPage, wrongOnPage } from './architecture/page.ts'
import { pictureOf } from './architecture/picture.ts'
import { roomsIn } from './architecture/rooms.ts'
import { wayOfEach } from './hops/requests.ts'

// It takes none.
parseArgs({ options: {} })

writeFileSync(picturePath, pictureOf(roomsIn(repository())))
const { stored } = await wayOfEach()
putWay(stored)
for (const line of wrongOnPage(reasonsOnPage(), stored)) console.log(line)
