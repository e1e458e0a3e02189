Console.Error.WriteLine("edge-agent: no command");
return 1;
