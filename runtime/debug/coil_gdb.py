# SPDX-License-Identifier: BSL-1.0
"""Shows the tasks of a program that uses coil to gdb, from a live process or from its core:

    gdb -x coil_gdb.py PROGRAM CORE
    (gdb) coil tasks        every task: how it stands, what it waits for, the chain of its awaits
    (gdb) coil task 7       that task, with the locals of each coroutine of the chain

Nothing of the program is run. It wants debug information (-g) of coil and of the program.
"""

import re

import gdb

FRAME_HEAD = 16  # the pointers to resume and destroy, before the promise
# What compilers keep in a frame beside the locals, and what g++ writes behind those.
NO_LOCALS = re.compile(r'_Coro_|D\.|(Is|Fs|Aw\d+)(_\d+){2}$|__|(class|struct|union|PointerType).*_\d+$')
SCOPE_OF_LOCAL = re.compile(r'(_\d+){2}$')
MOST_AWAITS = 64  # shown of one chain


class NotThere(Exception):
    """What is looked for is not in this program, or not in its debug information."""


def type_of(name):
    try:
        return gdb.lookup_type(name)
    except gdb.error:
        raise NotThere(f'there is no debug information for {name}: was coil built with -g?') from None


def pointer(value, name):
    return value.cast(type_of(name).pointer())


def plain(value):
    """The scalar inside of an atomic, or of what wraps one."""
    while value.type.strip_typedefs().code in (gdb.TYPE_CODE_STRUCT, gdb.TYPE_CODE_UNION):
        fields = [f for f in value.type.strip_typedefs().fields() if not f.artificial and hasattr(f, 'bitpos')]
        value = value[fields[0]]
    return value


def number(value):
    return int(plain(value))


def symbol_at(address):
    """'coil::join_wait::table', or '' where nothing is known."""
    found = re.match(r'(.*?)(?: \+ \d+)? in section ', gdb.execute(f'info symbol {int(address):#x}', to_string=True))
    return found.group(1) if found else ''


# ------------------------------------------------------------------ places


def matching(text, at, step):
    """Where the bracket at `at` is closed, looking forward, or opened, looking back."""
    depth = 0
    while 0 <= at < len(text):
        if text[at] in '(<[{':
            depth += step
        elif text[at] in ')>]}':
            depth -= step
        if depth == 0:
            return at
        at += step
    return -1


def function_name(text):
    """'locks' of 'coil::task<void> locks(int)', and of what g++ makes of it: 'void locks(int)(locks(int)::_Z5locksi.Frame*)'."""
    while True:
        text = re.sub(r'( const| noexcept| &&?)+$', '', text)
        if text[-1:] not in (')', ']') or text.endswith('operator()'):
            break
        opened = matching(text, len(text) - 1, -1)
        if opened <= 0:
            break
        text = text[:opened].rstrip()
    begin = at = 0
    while 0 <= at < len(text):
        if text[at] in '(<[{':
            at = matching(text, at, 1)
            if at < 0:
                break
        elif text[at] == ' ':
            begin = at + 1
        at += 1
    return text[begin:]


class Place:
    def __init__(self, impl):
        self.known = int(impl) != 0
        if self.known:
            self.file = impl['_M_file_name'].string()
            self.line = int(impl['_M_line'])
            self.function = function_name(impl['_M_function_name'].string())

    def __str__(self):
        return f'{self.file}:{self.line}' if self.known else '?'


def place_in(word):
    """The place whose pointer is in a word that has something else in its low bits."""
    return Place(pointer(gdb.Value(word & ~7), 'std::source_location::__impl'))


# ------------------------------------------------------------------ coroutines


class Coroutine:
    """A suspended coroutine, by the address of its frame."""

    def __init__(self, address):
        self.address = address
        self.promise = pointer(gdb.Value(address + FRAME_HEAD), 'coil::promise_base').dereference()
        self.place = place_in(number(self.promise['where_']))

    def above(self):
        """The frame whose await ends with this one, as promise_base::above finds it; 0 at the bottom of a task."""
        up = number(self.promise['up_'])
        to, tag = gdb.Value(up & ~3), up & 3
        if tag == 0:
            return up
        if tag == 1:
            group = number(pointer(to, 'coil::fork_slot')['group_']) & ~3
            return handle(pointer(gdb.Value(group), 'coil::join')['resume_']['handle'])
        if tag == 3:
            return handle(pointer(to, 'coil::excursion')['awaiting_'])
        return 0

    def locals(self):
        """(name, value) of what the coroutine keeps over its await."""
        resume = int(pointer(gdb.Value(self.address), 'unsigned long').dereference())
        block = gdb.block_for_pc(resume)
        while block and not block.function:
            block = block.superblock
        if not block:
            return
        for symbol in block:
            # as g++ calls it, and as clang does
            if symbol.name in ('frame_ptr', '__coro_frame') and symbol.type:
                kind = symbol.type.strip_typedefs()
                break
        else:
            return
        if kind.code == gdb.TYPE_CODE_PTR:
            kind = kind.target().strip_typedefs()
        frame = gdb.Value(self.address).cast(kind.pointer()).dereference()
        for field in kind.fields():
            if field.name and not NO_LOCALS.match(field.name):
                yield SCOPE_OF_LOCAL.sub('', field.name), frame[field]


def handle(value):
    return int(value['_M_fr_ptr'])


def chain(address):
    """The coroutines of a chain of awaits, innermost first."""
    for _ in range(MOST_AWAITS):
        if not address:
            return
        coroutine = Coroutine(address)
        yield coroutine
        address = coroutine.above()


# ------------------------------------------------------------------ tasks


def with_article(name):
    return ('an ' if name[:1] in 'ae' else 'a ') + name


class Wait:
    """One suspension of a task."""

    def __init__(self, value):
        self.value = value
        self.table = symbol_at(value['table_'])
        self.frame = handle(value['handle'])

    def __str__(self):
        kind = re.sub(r'(::table)?$', '', self.table).replace('(anonymous namespace)::', '')
        kind = kind.removeprefix('coil::')
        try:
            return getattr(self, 'of_' + kind)()
        except (AttributeError, NotThere, gdb.error):
            pass
        try:
            return self.of_operation()
        except (NotThere, gdb.error, UnicodeDecodeError):
            return kind or 'something'

    def of_sleep_await(self):
        return 'a timer'

    def of_callback_wait(self):
        return 'a callback'

    def of_condition_wait(self):
        return 'a condition'

    def of_offload_wait(self):
        return 'a call on another thread'

    def of_resume_on_await(self):
        return 'another executor'

    def of_scope_wait(self):
        tasks = pointer(self.value.address, 'coil::scope_wait')['tasks_']
        return f"the end of a scope's tasks, {number(tasks['live_']) - number(tasks['daemons_'])} left"

    def of_join_wait(self):
        return f"end of {Task(pointer(self.value.address, 'coil::join_wait')['record_'])}"

    of_timed_join = of_join_wait

    def of_line_wait(self):
        wait = pointer(self.value.address, 'coil::line_wait')
        # once it is granted, the line may be gone
        claim = wait.dereference().cast(type_of('coil::claimant'))['claim_']
        return 'its turn' if number(claim) != 0 else with_article(wait['line_']['rules_']['name'].string())

    of_timed_line_wait = of_line_wait

    def of_operation(self):
        table = pointer(self.value['table_'], 'coil::ring::operation_table')
        name = table['name'].string()
        if not re.fullmatch(r'[a-z0-9_ ]{1,40}', name):
            raise NotThere(name)
        fd = number(pointer(self.value.address, 'coil::ring::operation')['fd_'])
        return f'{name} of fd {fd}' if fd >= 0 else name


class Task:
    """A spawned task, by its record."""

    BEGUN, STARTED = 1, 2

    def __init__(self, record):
        self.record = record
        self.id = number(record['start_']['tagged_branch']) >> 2
        self.where = number(record['where_'])
        self.name = ''
        if self.where & 1:
            extras = pointer(gdb.Value(self.where & ~1), 'coil::task_record::extras')
            self.where = number(extras['where'])
            self.name = self.name_behind(extras)

    @staticmethod
    def name_behind(extras):
        try:
            length = number(extras['name_length'])
            return pointer(extras + 1, 'char').string(length=length) if length else ''
        except gdb.error:
            return '?'

    def __str__(self):
        return f'task {self.id} "{self.name}"' if self.name else f'task {self.id}'

    def ended(self):
        return number(self.record['joiner_']) == 1

    def waits(self):
        if not number(self.record['flags_']) & self.BEGUN:
            return  # until then the word links it into a queue
        wait = pointer(self.record['start_']['next'], 'coil::wait')
        while int(wait):
            yield Wait(wait.dereference())
            wait = wait['next_wait_']

    def state(self):
        flags = number(self.record['flags_'])
        if not flags & self.STARTED:
            return 'created'
        if not flags & self.BEGUN:
            return 'ready'
        return 'suspended' if int(self.record['start_']['next']) else 'running'

    def show(self, with_locals=False):
        waits = list(self.waits())
        text = f'{self}, {self.state()}'
        if waits:
            text += ', waits for ' + ', '.join(str(w) for w in waits)
        print(text)
        # the chains of one task end in the same frames
        for coroutine in chain(waits[0].frame) if waits else ():
            if not coroutine.place.known or is_of_coil(coroutine.place):
                continue
            print(f'    at {coroutine.place} in {coroutine.place.function}')
            if with_locals:
                for name, value in coroutine.locals():
                    print(f'        {name} = {in_a_line(value)}')
        print(f"    spawned at {place_in(self.where)}")


def in_a_line(value):
    try:
        text = ' '.join(value.format_string(max_elements=20).split())
    except gdb.error as e:
        return f'<{e}>'
    return text if len(text) <= 100 else text[:97] + '...'


def is_of_coil(place):
    return re.search(r'(^|/)(runtime|sync|process)/[a-z_]+(/[a-z_]+)?\.[ch]pp$', place.file) and \
        place.function.startswith('coil::')


def linked(head, name):
    """The objects of an intrusive list."""
    hook = head['following']
    while int(hook) != int(head.address):
        yield pointer(hook, name)
        hook = hook['following']


def all_tasks():
    try:
        where = gdb.parse_and_eval("(unsigned long)&'coil::(anonymous namespace)::all_groups()::lists'")
    except gdb.error:
        raise NotThere('coil is not in this program, or its symbols are not') from None
    lists = pointer(where, 'unsigned long').dereference()
    tasks = []
    for i in range(16) if int(lists) else ():
        groups = (pointer(lists, 'coil::(anonymous namespace)::group_list') + i)['groups']
        for group in linked(groups['head_'], 'coil::task_group'):
            for members in 'members_', 'told_':
                for record in linked(group[members]['head_'], 'coil::task_record'):
                    task = Task(record)
                    if not task.ended():
                        tasks.append(task)
    return sorted(tasks, key=lambda task: task.id)


# ------------------------------------------------------------------ commands


class Coil(gdb.Command):
    """Shows what a program does that uses coil: coil tasks, coil task NUMBER."""

    def __init__(self):
        super().__init__('coil', gdb.COMMAND_STATUS, prefix=True)


class Tasks(gdb.Command):
    """Shows every task: how it stands, what it waits for, and the chain of its awaits, innermost first."""

    def __init__(self):
        super().__init__('coil tasks', gdb.COMMAND_STATUS)

    def invoke(self, argument, from_tty):
        try:
            tasks = all_tasks()
            print(f'coil: {len(tasks)} task{"s" if len(tasks) != 1 else ""}')
            for task in tasks:
                task.show()
        except (NotThere, gdb.MemoryError) as e:
            raise gdb.GdbError(f'coil: {e}') from None


class OneTask(gdb.Command):
    """Shows a task, by its number, with the locals of each coroutine that awaits: coil task NUMBER."""

    def __init__(self):
        super().__init__('coil task', gdb.COMMAND_STATUS)

    def invoke(self, argument, from_tty):
        if not re.fullmatch(r'\s*\d+\s*', argument):
            raise gdb.GdbError(f'coil: the number of a task is wanted, as coil tasks shows it, not "{argument}"')
        try:
            for task in all_tasks():
                if task.id == int(argument):
                    task.show(with_locals=True)
                    return
        except (NotThere, gdb.MemoryError) as e:
            raise gdb.GdbError(f'coil: {e}') from None
        raise gdb.GdbError(f'coil: there is no task {argument.strip()}; coil tasks shows those that have not ended')


Coil()
Tasks()
OneTask()
