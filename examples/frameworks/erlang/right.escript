#!/usr/bin/env escript
%% Sends frames back. {packet, 4} has the runtime put frames together, and write the length.

main([Port]) ->
    Options = [binary, {ip, {127, 0, 0, 1}}, {active, false}, {packet, 4}, {packet_size, 1 bsl 20}],
    {ok, Listener} = gen_tcp:listen(list_to_integer(Port), Options),
    accept(Listener).

accept(Listener) ->
    {ok, Socket} = gen_tcp:accept(Listener),
    Server = spawn(fun() -> receive go -> serve(Socket) end end),
    ok = gen_tcp:controlling_process(Socket, Server),
    Server ! go,
    accept(Listener).

serve(Socket) ->
    case gen_tcp:recv(Socket, 0) of
        {ok, Payload} ->
            ok = gen_tcp:send(Socket, Payload),
            serve(Socket);
        _ ->
            gen_tcp:close(Socket)
    end.
