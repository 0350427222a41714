"""Makes what is shipped beside the program: completions and the manual from its table of commands, and the builds."""
