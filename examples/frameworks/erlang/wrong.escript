#!/usr/bin/env escript
%% Sends frames back. The mistake: what recv(Socket, 0) brings is taken for one message.

main([Port]) ->
    {ok, Listener} = gen_tcp:listen(list_to_integer(Port), [binary, {ip, {127, 0, 0, 1}}, {active, false}]),
    accept(Listener).

accept(Listener) ->
    {ok, Socket} = gen_tcp:accept(Listener),
    Server = spawn(fun() -> receive go -> serve(Socket) end end),
    ok = gen_tcp:controlling_process(Socket, Server),
    Server ! go,
    accept(Listener).

serve(Socket) ->
    case gen_tcp:recv(Socket, 0) of
        {ok, <<_Length:32, Payload/binary>>} ->
            ok = gen_tcp:send(Socket, [<<(byte_size(Payload)):32>>, Payload]),
            serve(Socket);
        _ ->
            gen_tcp:close(Socket)
    end.
