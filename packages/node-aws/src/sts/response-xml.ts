import { parseXml, type XmlDocument, XmlElement } from '@rgrove/parse-xml'

type Parent = XmlDocument | XmlElement

/** The document, or undefined when it is none. The parser's error is not kept: it quotes the text. */
export function readXml(text: string): XmlDocument | undefined {
  try {
    return parseXml(text)
  } catch {
    return undefined
  }
}

/** The text of the element that a path of names leads to from the root; undefined where there is none. */
export function textAt(document: XmlDocument | undefined, ...path: readonly string[]): string | undefined {
  let element: Parent | undefined = document
  for (const name of path) element = element && childrenOf(element).find(child => child.name === name)
  return element?.text
}

/** The text of an element within the first one that has the parent's name, wherever that is. */
export function firstText(
  document: XmlDocument | undefined,
  parent: string,
  name: string,
): string | undefined {
  const open: Parent[] = document === undefined ? [] : [document]
  for (let element = open.shift(); element !== undefined; element = open.shift()) {
    const children = childrenOf(element)
    if (element instanceof XmlElement && element.name === parent) {
      return children.find(child => child.name === name)?.text
    }
    open.push(...children)
  }
  return undefined
}

function childrenOf(element: Parent): readonly XmlElement[] {
  return (element.children as readonly unknown[]).filter(child => child instanceof XmlElement)
}
